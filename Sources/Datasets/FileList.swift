import Files
import Foundation

/// Files named on a command line, by themselves or by their folder.
package enum FileList {
  /// Paths of the files named, and of the files with one of `extensions` (lower case) in the folders named.
  ///
  /// Order is that of `paths`, within a folder that of the names' bytes; a file named twice comes once. Folders inside
  /// folders are not entered. Throws when a path is missing or a folder holds nothing of the kind.
  package static func expand(_ paths: [String], extensions: [String]) throws(FileError) -> [String] {
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
      if names.isEmpty { throw .invalid(path, "holds no \(extensions.map { ".\($0)" }.alternatives) file") }
      found += names.map { Path.joined(path, $0) }
    }
    // By bytes: strings that differ in their normal form alone count as equal.
    var seen: Set<[UInt8]> = []
    return found.filter { seen.insert(Array($0.utf8)).inserted }
  }
}

/// Photographs named on a command line, by themselves or by their folder, and the other files in these folders.
package struct PhotographList: Sendable {
  /// A photograph, and the path of its results.
  package struct Item: Sendable, Equatable {
    package let path: String
    /// The path of its results in their folder, without extension: "plotA/1" for a folder's plotA/1.jpg.
    package let resultPath: String
  }

  /// Order is that of the inputs, within a folder that of the names' bytes; a file named twice comes once.
  package private(set) var items: [Item] = []
  /// Files of other kinds in the folders named.
  package private(set) var otherFiles: [String] = []
  /// Masks and overlays of photographs in the same folder, which an earlier run wrote.
  package private(set) var earlierResults: [String] = []
  /// Folders inside these folders that were not entered.
  package private(set) var foldersLeft: [String] = []
  /// Files that cannot be opened because their names are not UTF-8.
  package private(set) var unreadable: [String] = []
  private var seen: Set<[UInt8]> = []

  /// The files named, and the .jpg, .jpeg and .png files in the folders named; with `isRecursive` also in the folders
  /// inside, except for `results`, the folder that results go to.
  ///
  /// Throws when a path is missing, when nothing is named, and when a folder holds no photograph.
  package init(_ inputs: [String], isRecursive: Bool = false, results: String? = nil) throws(FileError) {
    if inputs.isEmpty { throw FileError(".", .missing, "no photograph was named; name files or folders") }
    for input in inputs {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder) else {
        throw FileError(Path.expandingHome(input), .missing, "no such file or folder")
      }
      guard isFolder.boolValue else {
        add(input, Path.stem(of: input))
        continue
      }
      let before = (items.count, unreadable.count, foldersLeft.count)
      try add(folder: input, "", isRecursive, excluding: results.map(FilePlace.init), inside: [])
      if items.count == before.0 && unreadable.count == before.1 {
        let inner = foldersLeft.count - before.2
        let advice = inner > 0 ? "; --recursive enters the \(inner == 1 ? "folder" : "\(inner) folders") in it" : ""
        throw .invalid(input, "holds no \(PhotographList.extensions.map { ".\($0)" }.alternatives) file\(advice)")
      }
    }
  }

  private mutating func add(_ path: String, _ resultPath: String) {
    if seen.insert(Array(path.utf8)).inserted { items.append(Item(path: path, resultPath: resultPath)) }
  }

  private mutating func add(
    folder: String, _ resultPath: String, _ isRecursive: Bool, excluding results: FilePlace?, inside: Set<FilePlace>
  ) throws(FileError) {
    let listing = try FolderListing(folder)
    let photographs = listing.files.filter {
      PhotographList.extensions.contains(Path.fileExtension(of: $0).lowercased())
    }
    let stems = (
      jpeg: Set(photographs.filter { !PhotographList.isPNG($0) }.map { Array(Path.stem(of: $0).utf8) }),
      all: Set(photographs.map { Array(Path.stem(of: $0).utf8) })
    )
    for name in listing.files {
      let path = Path.joined(folder, name)
      if !PhotographList.extensions.contains(Path.fileExtension(of: name).lowercased()) {
        otherFiles.append(path)
      } else if PhotographList.isResult(path, stems.jpeg, stems.all) {
        earlierResults.append(path)
      } else {
        add(path, Path.joined(resultPath, Path.stem(of: name)))
      }
    }
    unreadable += listing.unreadable.map { Path.joined(folder, $0) }
    for name in listing.folders {
      let path = Path.joined(folder, name)
      let target = FilePlace(path)
      if target == results { continue }
      guard isRecursive, !inside.contains(target) else {
        if !isRecursive { foldersLeft.append(path) }
        continue
      }
      try add(
        folder: path, Path.joined(resultPath, name), isRecursive, excluding: results,
        inside: inside.union([target, FilePlace(folder)]))
    }
  }

  /// Extensions of photographs, in lower case.
  static let extensions = ["jpg", "jpeg", "png"]

  private static func isPNG(_ name: String) -> Bool { Path.fileExtension(of: name).lowercased() == "png" }

  /// Whether a file is NAME.overlay.png beside a photograph NAME, or a palette PNG NAME.png beside NAME.jpg.
  private static func isResult(_ path: String, _ jpegStems: Set<[UInt8]>, _ stems: Set<[UInt8]>) -> Bool {
    guard isPNG(path) else { return false }
    let stem = Array(Path.stem(of: path).utf8)
    let overlay = Array(".overlay".utf8)
    if stem.count > overlay.count, stem.suffix(overlay.count) == overlay[...] {
      return stems.contains(Array(stem.dropLast(overlay.count)))
    }
    guard jpegStems.contains(stem), let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    // The colour type follows the signature, the chunk's length and name, the size and the depth; 3 is a palette.
    let header = (try? file.read(upToCount: 26)) ?? nil
    return header?.count == 26 && header?.last == 3
  }
}

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
