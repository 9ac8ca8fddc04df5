import Files
import Foundation
import Tensors

extension Tensor {
  /// The tensor `name` of these row-major elements; a truth value that is neither 0 nor 1 is refused.
  convenience init(_ name: String, _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType, path: String)
    throws
  {
    if type == .bool, let odd = bytes.first(where: { $0 > 1 }) {
      throw FileError.invalid(path, "holds the byte \(odd) in tensor \(name.quoted) of truth values, which are 0 or 1")
    }
    try self.init(copying: bytes, shape, type)
  }
}
