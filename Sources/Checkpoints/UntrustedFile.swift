import Files
import Foundation
import Tensors

/// A limit on the memory that one file may ask for: a small file that claims to hold a large model is refused.
///
/// Weights hardly compress, and a tensor that repeats its storage is rare, so that valid files stay far below.
final class MemoryBudget {
  /// Limit of unpacked bytes per byte of the file.
  static let unpackedPerByte = 64
  /// Limit of the tensors' bytes per byte of the file and of what was unpacked.
  static let tensorsPerByte = 4
  static let allowance = 16 << 20
  /// Limit of a tensor's elements per element of its storage, for tensors larger than `smallTensor` bytes.
  static let repetitions = 4
  static let smallTensor = 1 << 20

  private let path: String
  private let fileLength: Int
  private var unpacked = 0
  private var tensors = 0

  init(path: String, fileLength: Int) {
    self.path = path
    self.fileLength = fileLength
  }

  /// Counts bytes that are read or unpacked.
  func take(_ bytes: Int) throws(FileError) {
    try add(bytes, to: &unpacked, fileLength, Self.unpackedPerByte)
  }

  /// Counts the bytes of the tensor `name`.
  func take(_ tensor: StridedTensor, _ name: String) throws(FileError) {
    let (whole, elements) = (tensor.storage.view.count, tensor.elementCount)
    if tensor.byteCount > Self.smallTensor, elements / Self.repetitions > whole {
      throw .invalid(
        path,
        "makes a tensor of \(elements) elements, \(name.quoted), out of the \(whole) in its storage; save a copy of it, "
          + "tensor.clone(), or take the file for hostile")
    }
    try add(tensor.byteCount, to: &tensors, fileLength + unpacked, Self.tensorsPerByte)
  }

  private func add(_ bytes: Int, to sum: inout Int, _ base: Int, _ factor: Int) throws(FileError) {
    let (product, overflow) = base.multipliedReportingOverflow(by: factor)
    let limit = overflow ? Int.max : max(product, product &+ Self.allowance)
    guard bytes <= limit - sum else {
      throw .invalid(
        path, "asks for more than \(limit) bytes of memory, \(factor) times its own length; it is damaged or hostile")
    }
    sum += bytes
  }
}

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

extension Tensor {
  /// The tensor `name` of these row-major elements; a Boolean that is neither 0 nor 1 is refused.
  convenience init(_ name: String, _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType, path: String)
    throws
  {
    if type == .bool, let odd = bytes.first(where: { $0 > 1 }) {
      throw FileError.invalid(path, "holds the byte \(odd) in tensor \(name.quoted) of truth values, which are 0 or 1")
    }
    try self.init(copying: bytes, shape, type)
  }
}

extension String {
  /// The string in quotation marks, cut to a readable length and without anything that a terminal could interpret.
  var quoted: String {
    let limit = 120
    let shown = unicodeScalars.prefix(limit).map { scalar in
      scalar.properties.generalCategory.isHarmless ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
    return "'\(shown.joined())\(unicodeScalars.count > limit ? "..." : "")'"
  }
}

extension Unicode.GeneralCategory {
  fileprivate var isHarmless: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
