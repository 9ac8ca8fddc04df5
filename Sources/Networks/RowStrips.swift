import Tensors

/// An image's rows, divided into strips that are computed one after the other, so that what large intermediate results
/// take counts for a strip alone.
public struct RowStrips: Sendable {
  /// Pixels of a strip, about: fewer cost time at the strips' seams, more cost memory (Docs/Benchmarks.md, Growth).
  public static let area = 1 << 19
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

  /// Room for all strips that are like this one.
  private func room(for strip: Tensor, _ format: MemoryFormat) throws(TorchError) -> Tensor {
    let sizes = strip.shape
    return try .uninitialized(
      [sizes[0], sizes[1], ranges[ranges.count - 1].upperBound, sizes[3]], strip.type, on: strip.device, format)
  }
}
