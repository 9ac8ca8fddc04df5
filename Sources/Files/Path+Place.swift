import Foundation

extension Path {
  /// The path from the root of the file system, without "." and, as `simplified` says, without "..".
  public static func absolute(_ path: String) -> String {
    simplified(joined(FileManager.default.currentDirectoryPath, path))
  }

  /// The path with the home folder in place of a "~" or "~user" that it begins with, as shells read it.
  ///
  /// A "~user" whom this machine does not know stays as it is.
  public static func expandingHome(_ path: String) -> String {
    guard path.utf8.first == UInt8(ascii: "~") else { return path }
    let user = String(decoding: path.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
    let manager = FileManager.default
    let home = user.isEmpty ? manager.homeDirectoryForCurrentUser : manager.homeDirectory(forUser: user)
    guard let home else { return path }
    let rest = String(
      decoding: path.utf8.dropFirst(1 + user.utf8.count).drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
    let folder = home.path
    return rest.isEmpty ? folder : joined(folder, rest)
  }

  /// The path without "." and without pairs "name/..", except where `name` is a symbolic link, whose ".." lies
  /// elsewhere.
  public static func simplified(_ path: String) -> String {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    var parts: [String] = []
    func joinedParts() -> String { (isAbsolute ? "/" : "") + parts.joined(separator: "/") }
    for part in path.utf8.split(separator: UInt8(ascii: "/")).map({ String(decoding: $0, as: UTF8.self) }) {
      switch part {
      case ".": continue
      case ".." where parts.isEmpty && isAbsolute: continue
      case ".." where parts.last.map { $0 != ".." } ?? false && !isLink(joinedParts()): parts.removeLast()
      default: parts.append(part)
      }
    }
    return parts.isEmpty && !isAbsolute ? "." : joinedParts()
  }

  /// Whether the path is written as Windows writes absolute ones: "C:\data", "C:/data" or "\\server\data".
  public static func isOfWindows(_ path: String) -> Bool {
    let bytes = Array(path.utf8.prefix(3))
    guard bytes.count >= 2 else { return false }
    let (backslash, slash) = (UInt8(ascii: "\\"), UInt8(ascii: "/"))
    if bytes[0] == backslash && bytes[1] == backslash { return true }
    let letter = bytes[0] | 0x20
    return bytes.count == 3 && UInt8(ascii: "a") <= letter && letter <= UInt8(ascii: "z")
      && bytes[1] == UInt8(ascii: ":")
      && (bytes[2] == backslash || bytes[2] == slash)
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
