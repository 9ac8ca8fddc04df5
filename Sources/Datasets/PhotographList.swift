import Files

/// The photographs that somebody named on a command line.
public enum PhotographList {
  /// Paths of the files named, and of the .jpg, .jpeg and .png files that lie in the folders named.
  ///
  /// Order is that of `paths`, within a folder that of the names' bytes; a file named twice comes once. Folders inside
  /// folders are not entered. Throws when a path is missing or nothing is found.
  public static func expand(_ paths: [String]) throws(FileError) -> [String] {
    let found = try FileList.expand(paths, extensions: ["jpg", "jpeg", "png"])
    if found.isEmpty { throw FileError(".", .missing, "no photograph was named; name files or folders") }
    return found
  }
}
