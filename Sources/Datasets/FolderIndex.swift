import Files
import Foundation

/// The files of a folder by name without extension: one listing instead of a question to the disk for each id.
struct FolderIndex {
  let folder: String
  private let names: [String: String]

  /// Lists the files with one of `extensions` (lower case); of two with the same stem the earlier extension counts.
  init(_ folder: String, extensions: [String]) throws(FileError) {
    self.folder = folder
    var names: [String: (name: String, rank: Int)] = [:]
    for name in try InputFile.names(inFolder: folder) {
      guard let dot = name.lastIndex(of: "."),
        let rank = extensions.firstIndex(of: name[name.index(after: dot)...].lowercased())
      else { continue }
      let stem = String(name[..<dot])
      if let known = names[stem], known.rank <= rank { continue }
      names[stem] = (name, rank)
    }
    self.names = names.mapValues(\.name)
  }

  /// The path of the file with this stem, or nil.
  subscript(stem: String) -> String? { names[stem].map { "\(folder)/\($0)" } }
}
