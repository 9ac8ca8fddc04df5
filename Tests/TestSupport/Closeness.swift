/// The differences of two lists of numbers, element by element.
public struct Closeness: CustomStringConvertible {
  /// The largest absolute difference.
  public private(set) var worst = 0.0
  /// Its index.
  public private(set) var position = 0
  /// The largest magnitude among the expected numbers.
  public private(set) var magnitude = 0.0
  private var pair = (found: 0.0, expected: 0.0)
  private var problem: String?

  public init(_ found: [Double], _ expected: [Double]) {
    guard found.count == expected.count else {
      problem = "\(found.count) elements, expected \(expected.count)"
      worst = .infinity
      return
    }
    for (index, (a, b)) in zip(found, expected).enumerated() {
      magnitude = max(magnitude, abs(b))
      let difference = a == b ? 0 : abs(a - b)
      if difference > worst || difference.isNaN {
        worst = difference.isNaN ? .infinity : difference
        position = index
        pair = (a, b)
      }
    }
  }

  public init(_ found: [Float], _ expected: [Float]) { self.init(found.map(Double.init), expected.map(Double.init)) }

  /// The largest difference over the largest expected magnitude.
  public var relative: Double { worst == 0 ? 0 : worst / magnitude }

  public var description: String {
    problem
      ?? "worst difference \(worst) (relative \(relative)) at element \(position): \(pair.found), expected \(pair.expected)"
  }
}
