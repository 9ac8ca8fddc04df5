import Foundation

/// The parts of paths as strings, by the slashes in them.
///
/// `NSString.deletingLastPathComponent` ends the process on Linux where a path is a single character, so that nothing
/// in this program goes through NSString's path functions.
package enum Path {
  /// The folder that a path lies in: "a" for "a/b" and "a/b/", "." for "b", "/" for "/b".
  package static func folder(of path: String) -> String {
    let bytes = trimmed(path)
    guard let slash = bytes.lastIndex(of: slash) else { return "." }
    let folder = bytes[..<slash].reversed().drop { $0 == Path.slash }.reversed()
    return folder.isEmpty ? "/" : String(decoding: folder, as: UTF8.self)
  }

  /// The last part of a path: "b.png" for "a/b.png" and "a/b.png/", "/" for "/".
  package static func name(of path: String) -> String {
    let bytes = trimmed(path)
    guard let last = bytes.lastIndex(of: slash) else { return String(decoding: bytes, as: UTF8.self) }
    let name = bytes[(last + 1)...]
    return name.isEmpty ? "/" : String(decoding: name, as: UTF8.self)
  }

  /// The last part without its extension: "b.c" for "a/b.c.png", ".b" for "a/.b".
  package static func stem(of path: String) -> String {
    let name = Array(name(of: path).utf8)
    return String(decoding: dot(in: name).map { name[..<$0] } ?? name[...], as: UTF8.self)
  }

  /// The extension of the last part, without its dot; empty where there is none.
  package static func fileExtension(of path: String) -> String {
    let name = Array(name(of: path).utf8)
    return dot(in: name).map { String(decoding: name[($0 + 1)...], as: UTF8.self) } ?? ""
  }

  /// The path without the extension of its last part: "a/b" for "a/b.png".
  package static func withoutExtension(_ path: String) -> String {
    let (folder, stem) = (folder(of: path), stem(of: path))
    return folder == "." && !path.hasPrefix("./") ? stem : joined(folder, stem)
  }

  /// The path of `name` in `folder`; a `name` that begins with a slash stays as it is.
  package static func joined(_ folder: String, _ name: String) -> String {
    if folder.isEmpty || name.utf8.first == slash { return name }
    return folder.utf8.last == slash ? folder + name : "\(folder)/\(name)"
  }

  private static let slash = UInt8(ascii: "/")

  /// The path's bytes without the slashes at its end; a path of slashes alone keeps one.
  private static func trimmed(_ path: String) -> [UInt8] {
    var bytes = Array(path.utf8)
    while bytes.count > 1 && bytes.last == slash { bytes.removeLast() }
    return bytes
  }

  /// The index of the extension's dot; a name that begins with its only dot has none.
  private static func dot(in name: [UInt8]) -> Int? {
    name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil }
  }
}

extension Path {
  /// The path from the root of the file system, without "." and, as `simplified` says, without "..".
  package static func absolute(_ path: String) -> String {
    simplified(joined(FileManager.default.currentDirectoryPath, path))
  }

  /// The path with the home folder in place of a "~" or "~user" that it begins with, as shells read it.
  ///
  /// A "~user" whom this machine does not know stays as it is.
  package static func expandingHome(_ path: String) -> String {
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

  /// The path without "." and without pairs "name/..", except where `name` is a symbolic link, whose ".." is elsewhere.
  package static func simplified(_ path: String) -> String {
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
  package static func isOfWindows(_ path: String) -> Bool {
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

/// The identity of the file at a path: the same for all paths to it, whether it exists yet or not.
package struct FilePlace: Hashable, Sendable {
  private let bytes: [UInt8]

  package init(_ path: String) {
    let resolved =
      FilePlace.resolved(path)
      ?? FilePlace.resolved(Path.folder(of: path)).map { $0 + [UInt8(ascii: "/")] + Path.name(of: path).utf8 }
    bytes = resolved ?? Array(Path.absolute(path).utf8)
  }

  private static func resolved(_ path: String) -> [UInt8]? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
  }
}
