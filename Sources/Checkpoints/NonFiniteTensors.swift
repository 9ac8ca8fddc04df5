import Tensors

/// Which of several tensors hold NaN or infinity.
public struct NonFiniteTensors: Equatable, Sendable, CustomStringConvertible {
  /// Their names, in order.
  public let names: [String]
  /// How many tensors there are in all.
  public let total: Int
  private let holdsNaN: Bool
  private let holdsInfinity: Bool

  /// Nil where all numbers of all tensors are finite.
  public init?(_ tensors: some Sequence<(name: String, tensor: Tensor)>) throws(TorchError) {
    var (names, total, nan, infinity) = ([String](), 0, false, false)
    for (name, tensor) in tensors {
      total += 1
      if try tensor.isAllFinite() { continue }
      names.append(name)
      let count = try withoutGradient { () throws(TorchError) in
        (nan: try tensor.isNaN().sum().item(), infinite: try tensor.isFinite().logicalNot().sum().item())
      }
      nan = nan || count.nan > 0
      infinity = infinity || count.infinite > count.nan
    }
    if names.isEmpty { return nil }
    (self.names, self.total, holdsNaN, holdsInfinity) = (names, total, nan, infinity)
  }

  /// "3 of 375 tensors hold NaN ('a', 'b', 'c')"
  public var description: String {
    let limit = 3
    let shown = names.prefix(limit).map(\.quoted).joined(separator: ", ") + (names.count > limit ? ", ..." : "")
    let found = [holdsNaN ? "NaN" : nil, holdsInfinity ? "infinity" : nil].compactMap { $0 }.joined(separator: " and ")
    return "\(names.count) of \(total) tensors \(names.count == 1 ? "holds" : "hold") \(found) (\(shown))"
  }
}
