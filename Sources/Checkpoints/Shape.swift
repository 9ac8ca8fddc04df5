import Tensors

/// Arithmetic on shapes that come from files.
enum Shape {
  /// More dimensions than LibTorch's operators take.
  static let maximumRank = 64

  /// The number of elements, or `nil` where a size is negative or the bytes cannot be counted.
  static func elementCount(_ shape: [Int], _ type: ElementType) -> Int? {
    guard shape.count <= maximumRank else { return nil }
    var product = type.byteCount
    for size in shape {
      guard size >= 0 else { return nil }
      // Empty tensors too must have strides that LibTorch can count.
      let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      if overflow { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product / type.byteCount
  }
}
