import Files
import Foundation

/// Weights files as memory, read by the system only where they are touched.
enum MappedFile {
  /// The bytes of the file at `path`; what replaces files whole, as `OutputFile` does, leaves them as they are.
  static func open(_ path: String) throws(FileError) -> Data {
    try InputFile.requireFile(path)
    // `InputFile` copies: most files are small, and a mapped file must not shrink while it is read.
    if let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) { return data }
    return try InputFile.read(path)
  }
}
