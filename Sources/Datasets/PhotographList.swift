import Files
import Foundation

/// The photographs that somebody named on a command line.
public enum PhotographList {
  /// Paths of the files named, and of the .jpg, .jpeg and .png files that lie in the folders named.
  ///
  /// Order is that of `paths`, within a folder that of the names' bytes; a file named twice comes once. Folders inside
  /// folders are not entered. Throws when a path is missing or nothing is found.
  public static func expand(_ paths: [String]) throws(FileError) -> [String] {
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
      let photographs = try InputFile.names(inFolder: path).filter { name in
        extensions.contains((name as NSString).pathExtension.lowercased())
      }
      if photographs.isEmpty { throw .invalid(path, "holds no .jpg, .jpeg or .png file") }
      found += photographs.map { (path as NSString).appendingPathComponent($0) }
    }
    if found.isEmpty { throw FileError(".", .missing, "no photograph was named; name files or folders") }
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  private static let extensions: Set<String> = ["jpg", "jpeg", "png"]
}
