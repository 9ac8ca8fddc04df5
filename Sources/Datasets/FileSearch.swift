import Files

/// Finds the files of listed ids in their folders, and keeps what is wrong.
struct FileSearch {
  let ids: [String]
  /// The list that the ids came from.
  let list: String
  private(set) var faults: [FileError] = []
  private(set) var warnings: [FileWarning] = []

  init(ids: [String], list: String) { (self.ids, self.list) = (ids, list) }

  /// The path of every id's file, as far as there is one; nothing without a folder.
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
    let shown = 3
    let first =
      missing.prefix(shown).map { String($0.prefix(64)) }.joined(separator: ", ")
      + (missing.count > shown ? ", ..." : "")
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
