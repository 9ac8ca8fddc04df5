import Files
import Foundation
import Tensors

/// Weights in any of the formats read here: safetensors, or PyTorch's.
package enum WeightsFile {
  /// The tensors of the file at `path`, whatever its name; the elements of excluded names are not loaded.
  ///
  /// Prefixes that wrappers such as DataParallel put before all names are removed. Throws `FileError` where the file is
  /// in none of these formats, or damaged; a wrong checksum is only a warning where `toleratesDamage`.
  package static func read(
    _ path: String, toleratingDamage toleratesDamage: Bool = false,
    excluding isExcluded: (String) -> Bool = { _ in false }
  ) throws -> StateDict {
    let file = try ByteSource(contentsOf: path)
    let start = try file.prefix(9)
    // A header's length, then the JSON object.
    let hasHeader = start.count > 8 && start.last == UInt8(ascii: "{")
    // A length may begin as a pickle does; no pickle of torch.save goes on with four zeros and a brace.
    let isLength = hasHeader && start.dropFirst(4).prefix(4).allSatisfy { $0 == 0 }
    if ZipArchive.isZip(start) || PyTorchLegacy.isPickle(start) && !isLength {
      return try PyTorchFile.read(file, excluding: isExcluded)
    }
    if hasHeader {
      return try Safetensors.read(
        file, naming: WrappedNames.unwrapped, toleratingDamage: toleratesDamage, excluding: isExcluded)
    }
    throw try unknown(file)
  }

  /// The error for a file that is not weights.
  static func unknown(_ file: ByteSource) throws(FileError) -> FileError {
    let path = file.path
    let expected = "expected weights, as safetensors or from PyTorch's torch.save"
    if file.count == 0 { return .invalid(path, "is empty; \(expected)") }
    let start = try file.prefix(400)
    let text = String(decoding: start, as: UTF8.self).drop(while: \.isWhitespace).lowercased()
    if text.hasPrefix("<") {
      return .invalid(path, "is a web page or XML; \(expected): fetch the file itself, not the page that links to it")
    }
    if text.hasPrefix("version https://git-lfs") {
      return .invalid(path, "is a Git LFS pointer, not the file; fetch the file with 'git lfs pull'")
    }
    if let words = String(data: start, encoding: .utf8), !words.utf8.contains(where: { $0 < 9 || 13 < $0 && $0 < 32 }) {
      return .invalid(path, "is text; \(expected)")
    }
    let bytes = start.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    return .invalid(path, "begins with the bytes \(bytes.joined(separator: " ")); \(expected)")
  }
}

/// Names of tensors in networks that were saved inside a wrapper.
enum WrappedNames {
  /// Prefixes of all names by DataParallel, torch.compile and Lightning.
  private static let wrappers = ["module.", "_orig_mod.", "model."]
  /// Tensors of the wrapper itself: the number of networks that an AveragedModel is the mean of.
  private static let ownNames: Set<String> = ["n_averaged"]
  /// torch.compile wraps parts of networks too.
  private static let innerWrapper = "._orig_mod."

  /// The names that the network itself gives its tensors, in the order of `names`; nil for tensors of the wrapper
  /// itself.
  ///
  /// A prefix is removed if all names have it, as many times as all have it.
  static func unwrapped(_ names: [String]) -> [String?] {
    var result = names
    var isWrapped = false
    let inside = names.indices.filter { !ownNames.contains(names[$0]) }
    while !inside.isEmpty,
      let prefix = wrappers.first(where: { prefix in
        inside.allSatisfy { result[$0].hasPrefix(prefix) && result[$0] != prefix }
      })
    {
      for index in inside { result[index].removeFirst(prefix.count) }
      isWrapped = true
    }
    let plain = result.map {
      $0.split(separator: innerWrapper, omittingEmptySubsequences: false).joined(separator: ".")
    }
    if Set(plain).count == names.count { result = plain }
    return result.indices.map { isWrapped && ownNames.contains(names[$0]) ? nil : result[$0] }
  }
}

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
