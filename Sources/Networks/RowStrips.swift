import Tensors

/// An image's rows, divided into strips that are computed one after the other, so that the memory of large intermediate
/// results is that of a single strip.
package struct RowStrips: Sendable {
  /// Approximate number of pixels per strip: fewer cost time at the strips' borders, more cost memory
  /// (Docs/Benchmarks.md, Growth).
  package static let area = 3 << 17
  /// Least number of rows per strip: some rows of a strip's neighbours are computed with it.
  private static let minimumRows = 16

  /// The strips' rows, from the top.
  package let ranges: [Range<Int>]

  /// Even strips of about `area` pixels, one where the image has as few.
  package init(height: Int, width: Int, area: Int) {
    let most = max(Self.minimumRows, area / width)
    let count = (height + most - 1) / most
    ranges = (0..<count).map { height * $0 / count..<height * ($0 + 1) / count }
  }

  /// One strip of all rows.
  init(whole height: Int) { ranges = [0..<height] }

  /// Number of rows of the image.
  var height: Int { ranges[ranges.count - 1].upperBound }

  /// The rows of a strip and at least `margin` rows above and below it, as far as there are any: as many for every
  /// strip, so that the memory of one strip fits the next.
  func window(around rows: Range<Int>, margin: Int) -> Range<Int> {
    let most = ranges.map(\.count).max() ?? 0
    let count = min(height, most + 2 * margin)
    let first = min(max(0, rows.lowerBound - margin), height - count)
    return first..<first + count
  }

  /// The images `[N, C, H, W]` whose rows `make` computes, in this memory format where there are several strips.
  package func assembled(
    _ format: MemoryFormat, _ make: (Range<Int>) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    if ranges.count == 1 { return try make(ranges[0]) }
    var whole: Tensor?
    for rows in ranges {
      let strip = try make(rows)
      let result = if let whole { whole } else { try uninitialized(like: strip, format) }
      try result.rows(rows).copy(from: strip)
      whole = result
    }
    guard let whole else { preconditionFailure("an image has rows") }
    return whole
  }

  /// Returns unused memory to the system before other work, where there are several strips: large blocks of one size
  /// leave no room for those of another.
  func trimMemory() {
    if ranges.count > 1 { LibTorch.trimMemory() }
  }

  /// Uninitialised images of all strips, of which `strip` is one.
  private func uninitialized(like strip: Tensor, _ format: MemoryFormat) throws(TorchError) -> Tensor {
    let sizes = strip.shape
    return try .uninitialized([sizes[0], sizes[1], height, sizes[3]], strip.type, on: strip.device, format)
  }
}
