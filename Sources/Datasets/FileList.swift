import Files
import Foundation

/// The files that somebody named on a command line.
public enum FileList {
  /// Paths of the files named, and of the files with one of `extensions` (lower case) in the folders named.
  ///
  /// Order is that of `paths`, within a folder that of the names' bytes; a file named twice comes once. Folders inside
  /// folders are not entered. Throws when a path is missing or a folder holds nothing of the kind.
  public static func expand(_ paths: [String], extensions: [String]) throws(FileError) -> [String] {
    var found: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw FileError(path, .missing, "no such file or folder")
      }
      if !isFolder.boolValue {
        found.append(path)
        continue
      }
      let names = try InputFile.names(inFolder: path).filter { name in
        extensions.contains(Path.fileExtension(of: name).lowercased())
      }
      if names.isEmpty { throw .invalid(path, "holds no \(inWords(extensions)) file") }
      found += names.map { Path.joined(path, $0) }
    }
    // By bytes: strings that differ in their normal form alone count as equal.
    var seen: Set<[UInt8]> = []
    return found.filter { seen.insert(Array($0.utf8)).inserted }
  }

  /// ".jpg, .jpeg or .png"
  private static func inWords(_ extensions: [String]) -> String {
    let endings = extensions.map { ".\($0)" }
    let last = endings.suffix(1).joined()
    return endings.count > 1 ? "\(endings.dropLast().joined(separator: ", ")) or \(last)" : last
  }
}
