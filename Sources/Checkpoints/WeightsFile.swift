import Files
import Foundation

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
