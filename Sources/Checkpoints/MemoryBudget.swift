import Files

/// How many bytes may be made of the contents of one file: a small file that claims to hold a large model is refused.
///
/// Weights hardly compress, and a tensor that repeats its storage is rare, so honest files stay far below.
final class MemoryBudget {
  /// What unpacking may make of the file.
  static let unpackedPerByte = 64
  /// What tensors may make of the file and of what was unpacked of it.
  static let tensorsPerByte = 4
  static let allowance = 16 << 20
  /// How many elements a tensor may have for each one of its storage, if it is larger than `smallTensor` bytes.
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
