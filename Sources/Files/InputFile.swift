import Foundation

/// Reads whole files, with an error that names the file and the reason.
package enum InputFile {
  /// The bytes of the file at `path`.
  package static func read(_ path: String) throws(FileError) -> Data {
    try requireFile(path)
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw FileError(path, .inaccessible, "cannot be read (\(reason(of: error))); check its permissions")
    }
  }

  /// The bytes of the file at `path`; nil where there is no file.
  package static func readIfPresent(_ path: String) throws(FileError) -> Data? {
    FileManager.default.fileExists(atPath: path) ? try read(path) : nil
  }

  /// The file's text in UTF-8.
  package static func text(_ path: String) throws(FileError) -> String {
    guard let text = String(data: try read(path), encoding: .utf8) else {
      throw .invalid(path, "is not UTF-8 text")
    }
    // Editors on Windows begin files with a byte-order mark.
    return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
  }

  /// The file's lines, each without surrounding white space, empty ones left out.
  package static func lines(_ path: String) throws(FileError) -> [String] {
    try text(path).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  /// Throws unless a file, and not a folder, is at `path`.
  package static func requireFile(_ path: String) throws(FileError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path, .missing, "no such file")
    }
    if isFolder.boolValue { throw .invalid(path, "is a folder, a file was expected") }
    // Follows links, as reading will.
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .invalid(path, "is a device or a pipe, a file was expected")
    }
  }

  /// Names of the entries of a folder, sorted by their bytes, hidden ones left out.
  package static func names(inFolder path: String) throws(FileError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path, .missing, "no such folder")
    }
    guard isFolder.boolValue else { throw .invalid(path, "is a file, a folder was expected") }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw FileError(path, .inaccessible, "cannot be listed (\(reason(of: error))); check its permissions")
    }
  }

  static func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let code = underlying?.code, underlying?.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(code)))
    }
    return error.localizedDescription
  }
}

/// The entries of a folder without hidden ones; names are compared and sorted by their bytes, so that names which
/// differ in their Unicode normal form alone are distinct.
package struct FolderListing: Sendable {
  /// Names of the entries that are not folders.
  package private(set) var files: [String] = []
  /// Names of the folders, links to folders among them.
  package private(set) var folders: [String] = []
  /// Names that are not UTF-8, which this program cannot open, with \xNN for each byte beyond ASCII.
  package private(set) var unreadable: [String] = []

  /// Throws where there is no such folder, or it cannot be listed.
  package init(_ path: String) throws(FileError) {
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
