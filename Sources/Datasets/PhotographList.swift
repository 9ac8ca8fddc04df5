import Files
import Foundation

/// The photographs that somebody named on a command line, and what lay beside them.
public struct PhotographList: Sendable {
  /// A photograph, and where its results go.
  public struct Item: Sendable, Equatable {
    public let path: String
    /// The path of its results in their folder, without extension: "plotA/1" for a folder's plotA/1.jpg.
    public let place: String
  }

  /// Order is that of the inputs, within a folder that of the names' bytes; a file named twice comes once.
  public private(set) var items: [Item] = []
  /// Files of other kinds in the folders named.
  public private(set) var otherFiles: [String] = []
  /// Files in these folders that are masks and overlays of photographs beside them, left behind by an earlier run.
  public private(set) var earlierResults: [String] = []
  /// Folders inside these folders that were not entered.
  public private(set) var foldersLeft: [String] = []
  /// Files whose names are not UTF-8, which cannot be opened.
  public private(set) var unreadable: [String] = []
  private var seen: Set<[UInt8]> = []

  /// The files named, and the .jpg, .jpeg and .png files in the folders named; with `isRecursive` also in the folders
  /// inside, except for `results`, the folder that results go to.
  ///
  /// Throws when a path is missing, when nothing is named, and when a folder holds no photograph.
  public init(_ inputs: [String], isRecursive: Bool = false, results: String? = nil) throws(FileError) {
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
        throw .invalid(input, "holds no .jpg, .jpeg or .png file\(advice)")
      }
    }
  }

  private mutating func add(_ path: String, _ place: String) {
    if seen.insert(Array(path.utf8)).inserted { items.append(Item(path: path, place: place)) }
  }

  private mutating func add(
    folder: String, _ place: String, _ isRecursive: Bool, excluding results: FilePlace?, inside: Set<FilePlace>
  ) throws(FileError) {
    let listing = try FolderListing(folder)
    let photographs = listing.files.filter { PhotographList.endings.contains(Path.fileExtension(of: $0).lowercased()) }
    let stems = (
      jpeg: Set(photographs.filter { !PhotographList.isPNG($0) }.map { Array(Path.stem(of: $0).utf8) }),
      all: Set(photographs.map { Array(Path.stem(of: $0).utf8) })
    )
    for name in listing.files {
      let path = Path.joined(folder, name)
      if !PhotographList.endings.contains(Path.fileExtension(of: name).lowercased()) {
        otherFiles.append(path)
      } else if PhotographList.isResult(path, stems.jpeg, stems.all) {
        earlierResults.append(path)
      } else {
        add(path, Path.joined(place, Path.stem(of: name)))
      }
    }
    unreadable += listing.unreadable.map { Path.joined(folder, $0) }
    for name in listing.folders {
      let path = Path.joined(folder, name)
      let here = FilePlace(path)
      if here == results { continue }
      guard isRecursive, !inside.contains(here) else {
        if !isRecursive { foldersLeft.append(path) }
        continue
      }
      try add(
        folder: path, Path.joined(place, name), isRecursive, excluding: results,
        inside: inside.union([here, FilePlace(folder)]))
    }
  }

  private static let endings = ["jpg", "jpeg", "png"]

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
