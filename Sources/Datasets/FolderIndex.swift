import Files

/// The files of a folder by name without extension: one listing instead of a question to the disk for each id.
struct FolderIndex {
  let folder: String
  private let names: [String: String]
  /// The files that another one of the same name and an earlier extension rules out.
  let others: [String: [String]]
  /// Extensions, in lower case, of the files of other kinds.
  private let unread: [String: [String]]

  /// Lists the files with one of `extensions` (lower case); of two with the same stem the earlier extension counts.
  init(_ folder: String, extensions: [String]) throws(FileError) {
    self.folder = folder
    var names: [String: (name: String, rank: Int)] = [:]
    var others: [String: [String]] = [:]
    var unread: [String: [String]] = [:]
    for name in try InputFile.names(inFolder: folder) {
      guard let dot = name.lastIndex(of: ".") else { continue }
      let (stem, ending) = (String(name[..<dot]), name[name.index(after: dot)...].lowercased())
      guard let rank = extensions.firstIndex(of: ending) else {
        unread[stem, default: []].append(ending)
        continue
      }
      if let known = names[stem], known.rank <= rank {
        others[stem, default: []].append(name)
      } else {
        if let known = names[stem] { others[stem, default: []].append(known.name) }
        names[stem] = (name, rank)
      }
    }
    self.names = names.mapValues(\.name)
    (self.others, self.unread) = (others, unread)
  }

  /// The path of the file with this stem, or nil.
  subscript(stem: String) -> String? { names[stem].map { "\(folder)/\($0)" } }

  /// The extensions of files with these stems that are not among those asked for, with their numbers; the most
  /// frequent first.
  func otherEndings(of stems: [String]) -> [(ending: String, count: Int)] {
    var counts: [String: Int] = [:]
    for ending in stems.flatMap({ unread[$0] ?? [] }) { counts[ending, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }
}
