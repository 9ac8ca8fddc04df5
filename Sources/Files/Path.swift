/// The parts of paths as strings, by the slashes in them.
///
/// `NSString.deletingLastPathComponent` ends the process on Linux where a path is a single character, so that nothing
/// in this program goes through NSString's path functions.
public enum Path {
  /// The folder that a path lies in: "a" for "a/b" and "a/b/", "." for "b", "/" for "/b".
  public static func folder(of path: String) -> String {
    let bytes = trimmed(path)
    guard let slash = bytes.lastIndex(of: slash) else { return "." }
    let folder = bytes[..<slash].reversed().drop { $0 == Path.slash }.reversed()
    return folder.isEmpty ? "/" : String(decoding: folder, as: UTF8.self)
  }

  /// The last part of a path: "b.png" for "a/b.png" and "a/b.png/", "/" for "/".
  public static func name(of path: String) -> String {
    let bytes = trimmed(path)
    guard let last = bytes.lastIndex(of: slash) else { return String(decoding: bytes, as: UTF8.self) }
    let name = bytes[(last + 1)...]
    return name.isEmpty ? "/" : String(decoding: name, as: UTF8.self)
  }

  /// The last part without its extension: "b.c" for "a/b.c.png", ".b" for "a/.b".
  public static func stem(of path: String) -> String {
    let name = Array(name(of: path).utf8)
    return String(decoding: dot(in: name).map { name[..<$0] } ?? name[...], as: UTF8.self)
  }

  /// What follows the last dot of the last part, without the dot; empty where there is none.
  public static func fileExtension(of path: String) -> String {
    let name = Array(name(of: path).utf8)
    return dot(in: name).map { String(decoding: name[($0 + 1)...], as: UTF8.self) } ?? ""
  }

  /// The path without the extension of its last part: "a/b" for "a/b.png".
  public static func withoutExtension(_ path: String) -> String {
    let (folder, stem) = (folder(of: path), stem(of: path))
    return folder == "." && !path.hasPrefix("./") ? stem : joined(folder, stem)
  }

  /// The path of `name` in `folder`; a `name` that begins with a slash stays as it is.
  public static func joined(_ folder: String, _ name: String) -> String {
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

  /// Where the extension begins; a name that begins with its only dot has none.
  private static func dot(in name: [UInt8]) -> Int? {
    name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil }
  }
}
