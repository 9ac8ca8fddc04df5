import Files

/// Finds the files of listed ids in their folders, and collects errors and warnings.
struct FileSearch {
  let ids: [String]
  /// The list that the ids came from.
  let list: String
  private(set) var faults: [FileError] = []
  private(set) var warnings: [FileWarning] = []

  init(ids: [String], list: String) { (self.ids, self.list) = (ids, list) }

  /// Paths of the ids' files, of those that exist; empty without a folder.
  mutating func paths(_ kind: String, _ folder: String?, _ extensions: [String]) -> [String: String] {
    guard let folder else { return [:] }
    do throws(FileError) {
      let index = try FolderIndex(folder, extensions: extensions)
      let found = ids.compactMap { id in index[id].map { (id, $0) } }
      if found.count < ids.count { faults.append(missing(kind, index, extensions, ids.filter { index[$0] == nil })) }
      warnings += ids.flatMap { id in
        (index.others[id] ?? []).map {
          FileWarning("\(folder)/\($0)", "is not used, \(Path.name(of: index[id] ?? "")) is")
        }
      }
      return Dictionary(found) { first, _ in first }
    } catch {
      let endings = extensions.map { "ID.\($0)" }.joined(separator: ", ")
      faults.append(error.expecting("the \(kind) of the listed images, \(endings)"))
      return [:]
    }
  }

  private func missing(_ kind: String, _ index: FolderIndex, _ extensions: [String], _ missing: [String]) -> FileError {
    let limit = 3
    let first =
      missing.prefix(limit).map { String($0.prefix(64)) }.joined(separator: ", ")
      + (missing.count > limit ? ", ..." : "")
    let endings = extensions.map { ".\($0)" }.joined(separator: ", ")
    let named = missing.contains { id in extensions.contains { id.lowercased().hasSuffix(".\($0)") } }
    let unread = index.otherEndings(of: missing)
    let advice =
      if named {
        "leave the extension out of the list"
      } else if let (ending, count) = unread.first {
        "the folder holds \(count == 1 ? "a file" : "files") of these names ending in .\(ending) (\(count)), which is not "
          + "read as it is; convert \(count == 1 ? "it" : "them")"
      } else {
        "add the files or remove the lines"
      }
    let has = missing.count == 1 ? "has" : "have"
    return FileError(
      list, .missing,
      "\(missing.count) of \(ids.count) listed ids \(has) no \(kind) (\(endings)) in \(index.folder): \(first); \(advice)"
    )
  }
}

/// The files of a folder by name without extension, listed once.
struct FolderIndex {
  let folder: String
  private let names: [String: String]
  /// Files that are not used because one of the same name has an earlier extension.
  let others: [String: [String]]
  /// Extensions, in lower case, of the files of other kinds.
  private let unread: [String: [String]]

  /// Lists the files with one of `extensions` (lower case); of two with the same stem, that of the earlier one is used.
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

  /// Other extensions of files with these stems, each with its number of files; the most frequent first.
  func otherEndings(of stems: [String]) -> [(ending: String, count: Int)] {
    var counts: [String: Int] = [:]
    for ending in stems.flatMap({ unread[$0] ?? [] }) { counts[ending, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }
}
