import Files
import Foundation
import Tensors

extension Tensor {
  /// The tensor `name` of these row-major elements; a truth value that is neither 0 nor 1 is refused.
  convenience init(_ name: String, _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType, path: String) throws {
    if type == .bool, let odd = bytes.first(where: { $0 > 1 }) {
      throw FileError.invalid(path, "holds the byte \(odd) in tensor \(name.quoted) of truth values, which are 0 or 1")
    }
    try self.init(copying: bytes, shape, type)
  }
}

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
