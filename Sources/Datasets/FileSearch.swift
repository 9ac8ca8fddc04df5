import Files

/// Finds the files of listed ids in their folders, and keeps what is wrong.
struct FileSearch {
  let ids: [String]
  /// The list that the ids came from.
  let list: String
  private(set) var faults: [FileError] = []

  init(ids: [String], list: String) { (self.ids, self.list) = (ids, list) }

  /// The path of every id's file, as far as there is one; nothing without a folder.
  mutating func paths(_ kind: String, _ folder: String?, _ extensions: [String]) -> [String: String] {
    guard let folder else { return [:] }
    do throws(FileError) {
      let index = try FolderIndex(folder, extensions: extensions)
      let found = ids.compactMap { id in index[id].map { (id, $0) } }
      if found.count < ids.count { faults.append(missing(kind, folder, extensions, ids.filter { index[$0] == nil })) }
      return Dictionary(found) { first, _ in first }
    } catch {
      faults.append(error)
      return [:]
    }
  }

  private func missing(_ kind: String, _ folder: String, _ extensions: [String], _ missing: [String]) -> FileError {
    let shown = 3
    let first = missing.prefix(shown).joined(separator: ", ") + (missing.count > shown ? ", ..." : "")
    let endings = extensions.map { ".\($0)" }.joined(separator: ", ")
    let named = missing.contains { id in extensions.contains { id.lowercased().hasSuffix(".\($0)") } }
    let advice = named ? "leave the extension out of the list" : "add the files or remove the lines"
    return FileError(
      list, .missing,
      "\(missing.count) of \(ids.count) listed ids have no \(kind) (\(endings)) in \(folder): \(first); \(advice)")
  }
}
