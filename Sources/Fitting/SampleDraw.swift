import Batches

/// Draws rows of samples for a step: scribbled ones by class, classes by the root of their numbers of samples.
///
/// A class with n samples is drawn as often as n * 1/sqrt(n) says, and all its samples alike, so that small classes are
/// seen more often than they occur, and large ones still most.
struct SampleDraw {
  /// A group of rows by label, and how often each label is to come.
  private struct Group {
    var rows: [[Int]] = []
    /// Sums of the weights up to each label.
    var bounds: [Double] = []

    init(_ byLabel: [Int: [Int]]) {
      var sum = 0.0
      for label in byLabel.keys.sorted() {
        guard let members = byLabel[label] else { continue }
        sum += Double(members.count).squareRoot()
        rows.append(members)
        bounds.append(sum)
      }
    }

    func draw(using stream: inout RandomStream) -> Int {
      let place = stream.uniform() * (bounds.last ?? 0)
      let label = bounds.firstIndex { place < $0 } ?? bounds.count - 1
      return rows[label][stream.integer(below: rows[label].count)]
    }
  }

  private let all: Group
  /// Those of photographs whose strokes are new.
  private let new: Group
  private let newShare: Double
  private let unlabelled: [Int]

  init(_ rows: [FeatureSamples.Row?], new numbers: Set<Int>, newShare: Double) {
    var (all, new): ([Int: [Int]], [Int: [Int]]) = ([:], [:])
    var unlabelled: [Int] = []
    for (place, row) in rows.enumerated() {
      guard let row else { continue }
      if let label = row.label {
        all[label, default: []].append(place)
        if numbers.contains(row.photograph) { new[label, default: []].append(place) }
      } else {
        unlabelled.append(place)
      }
    }
    (self.all, self.new, self.unlabelled) = (Group(all), Group(new), unlabelled)
    self.newShare = new.isEmpty ? 0 : newShare
  }

  /// Places of so many scribbled samples.
  func labelled(_ count: Int, using stream: inout RandomStream) -> [Int] {
    let fresh = Int(Double(count) * newShare)
    return (0..<count).map { $0 < fresh ? new.draw(using: &stream) : all.draw(using: &stream) }
  }

  /// Places of so many unlabelled samples; none where there are none.
  func unlabelled(_ count: Int, using stream: inout RandomStream) -> [Int] {
    unlabelled.isEmpty ? [] : (0..<count).map { _ in unlabelled[stream.integer(below: unlabelled.count)] }
  }
}
