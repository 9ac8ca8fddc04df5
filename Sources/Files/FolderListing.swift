import Foundation

/// The entries of a folder without hidden ones; names are compared and sorted by their bytes, so that names which
/// differ in their Unicode normal form alone are distinct.
public struct FolderListing: Sendable {
  /// Names of the entries that are not folders.
  public private(set) var files: [String] = []
  /// Names of the folders, links to folders among them.
  public private(set) var folders: [String] = []
  /// Names that are not UTF-8, which this program cannot open, with \xNN for each byte beyond ASCII.
  public private(set) var unreadable: [String] = []

  /// Throws where there is no such folder, or it cannot be listed.
  public init(_ path: String) throws(FileError) {
    guard let folder = opendir(path) else {
      switch errno {
      case ENOENT: throw FileError(path, .missing, "no such folder")
      case ENOTDIR: throw .invalid(path, "is a file, a folder was expected")
      default:
        throw FileError(
          path, .inaccessible, "cannot be listed (\(String(cString: strerror(errno)))); check its permissions")
      }
    }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { name in Array(name.prefix { $0 != 0 }) }
      if bytes.first == UInt8(ascii: ".") { continue }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        unreadable.append(FolderListing.escaped(bytes))
        continue
      }
      var status = stat()
      let isFolder = stat(Path.joined(path, name), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      if isFolder { folders.append(name) } else { files.append(name) }
    }
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    unreadable.sort()
  }

  private static func escaped(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      0x20..<0x7F ~= byte ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
