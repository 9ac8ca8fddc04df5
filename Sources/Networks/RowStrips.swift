import Tensors

/// An image's rows, divided into strips that are computed one after the other, so that what large intermediate results
/// take counts for a strip alone.
public struct RowStrips: Sendable {
  /// Pixels of a strip, about: fewer cost time at the strips' seams, more cost memory (Docs/Benchmarks.md, Growth).
  public static let area = 3 << 17
  /// Rows of a strip, at least: a strip's neighbours are computed in part with it.
  private static let least = 16

  /// The strips' rows, from the top.
  public let ranges: [Range<Int>]

  /// Even strips of about `area` pixels, one where the image has as few.
  public init(height: Int, width: Int, area: Int) {
    let most = max(Self.least, area / width)
    let count = (height + most - 1) / most
    ranges = (0..<count).map { height * $0 / count..<height * ($0 + 1) / count }
  }

  private init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// One strip of all rows.
  static func whole(_ height: Int) -> RowStrips { RowStrips([0..<height]) }

  /// The rows of a strip and at least `margin` rows on both sides of it, as far as there are any: as many for every strip,
  /// so that one strip's memory fits the next.
  func window(around rows: Range<Int>, margin: Int) -> Range<Int> {
    let height = ranges[ranges.count - 1].upperBound
    let most = ranges.map(\.count).max() ?? 0
    let count = min(height, most + 2 * margin)
    let first = min(max(0, rows.lowerBound - margin), height - count)
    return first..<first + count
  }

  /// The images `[N, C, H, W]` whose rows `make` computes, in this order of elements where there are several strips.
  public func assembled(
    _ format: MemoryFormat, _ make: (Range<Int>) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    if ranges.count == 1 { return try make(ranges[0]) }
    var whole: Tensor?
    for rows in ranges {
      let strip = try make(rows)
      let made = if let whole { whole } else { try room(for: strip, format) }
      try made.rows(rows).copy(from: strip)
      whole = made
    }
    guard let whole else { preconditionFailure("an image has rows") }
    return whole
  }

  /// Gives unused memory back to the system before other work, where there are several strips: large blocks of one size
  /// leave no room for those of another.
  func trimMemory() {
    if ranges.count > 1 { LibTorch.trimMemory() }
  }

  /// Room for all strips that are like this one.
  private func room(for strip: Tensor, _ format: MemoryFormat) throws(TorchError) -> Tensor {
    let sizes = strip.shape
    return try .uninitialized(
      [sizes[0], sizes[1], ranges[ranges.count - 1].upperBound, sizes[3]], strip.type, on: strip.device, format)
  }
}
