import Files
import Foundation

/// Weights in any of the formats read here: safetensors, or PyTorch's.
public enum WeightsFile {
  /// The tensors of the file at `path`, whatever its name; the elements of excluded names are not loaded.
  ///
  /// Prefixes that wrappers such as DataParallel put before all names are removed. Throws `FileError` where the file is
  /// none of these formats, or damaged; what a checksum tells to be damaged is a warning where `toleratesDamage`.
  public static func read(
    _ path: String, toleratingDamage toleratesDamage: Bool = false,
    excluding isExcluded: (String) -> Bool = { _ in false }
  ) throws -> StateDict {
    let file = try ByteSource(contentsOf: path)
    let start = try file.prefix(9)
    if ZipArchive.isZip(start) || PyTorchLegacy.isPickle(start) {
      return try PyTorchFile.read(file, excluding: isExcluded)
    }
    // A header's length, then the JSON object.
    if start.count > 8, start.last == UInt8(ascii: "{") {
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
