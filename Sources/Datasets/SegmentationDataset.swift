import Files
import Images
import Scribbles

/// Photographs with scribbles, ground truth or both, in the order of their list.
public struct SegmentationDataset: Sendable {
  /// The files of one photograph.
  public struct Item: Sendable, Equatable {
    public let id: String
    /// Path of the photograph.
    public let image: String
    /// Path of the scribbles, nil where the data set has none.
    public let scribbles: String?
    /// Path of the ground truth, nil where the data set has none.
    public let mask: String?
  }

  public let layout: DatasetLayout
  public let classes: ClassList
  /// Never empty.
  public let items: [Item]
  private let tags: ClassTags

  public var count: Int { items.count }

  /// Checks that every file of every listed id is there; their contents are checked as they are loaded.
  public init(_ layout: DatasetLayout, classes: ClassList) throws(FileError) {
    let ids = try SegmentationDataset.ids(layout.list)
    let images = try SegmentationDataset.paths(
      "photographs", layout.images, ["jpg", "jpeg", "png"], ids, layout.list)
    let scribbles = try SegmentationDataset.paths("scribbles", layout.scribbles, ["xml", "png"], ids, layout.list)
    let masks = try SegmentationDataset.paths("ground truth", layout.masks, ["png"], ids, layout.list)
    items = ids.indices.map { i in
      Item(id: ids[i], image: images?[i] ?? "", scribbles: scribbles?[i], mask: masks?[i])
    }
    self.layout = layout
    self.classes = classes
    tags = classes.scribbleTags
  }

  /// Decodes the files of an item.
  ///
  /// Throws when one cannot be decoded, when their sizes differ, and when a label is neither a class nor
  /// `Label.ignored`.
  public func load(_ item: Item) throws(FileError) -> Sample {
    let image = try Image(contentsOf: item.image)
    var scribbles: LabelMap?
    if let path = item.scribbles {
      let map = try ScribbleFile.read(path, width: image.width, height: image.height, tags: tags)
      try requireClasses(in: map, path)
      scribbles = map
    }
    var groundTruth: LabelMap?
    if let path = item.mask {
      let map = try LabelMap(contentsOf: path)
      guard map.width == image.width, map.height == image.height else {
        throw .invalid(
          path,
          "has \(map.width) x \(map.height) pixels, its photograph \(item.image) has \(image.width) x \(image.height)")
      }
      try requireClasses(in: map, path)
      groundTruth = map
    }
    return Sample(id: item.id, image: image, scribbles: scribbles, groundTruth: groundTruth)
  }

  private func requireClasses(in map: LabelMap, _ path: String) throws(FileError) {
    let count = UInt8(classes.count)
    guard let place = map.labels.firstIndex(where: { $0 >= count && $0 != Label.ignored }) else { return }
    throw .invalid(
      path,
      "has label \(map.labels[place]) at column \(place % map.width), row \(place / map.width); "
        + "labels 0 to \(classes.count - 1) and \(Label.ignored) were expected for \(classes.count) classes")
  }

  /// The ids of a list file, each of which names a file inside a folder and nothing beyond.
  private static func ids(_ list: String) throws(FileError) -> [String] {
    let ids = try InputFile.lines(list)
    if ids.isEmpty { throw .invalid(list, "lists nothing, one id a line was expected") }
    var seen: Set<String> = []
    for id in ids {
      let leavesFolder = id == "." || id == ".." || id.contains { "/\\\0".contains($0) }
      if leavesFolder {
        throw .invalid(list, "lists \"\(id.prefix(64))\", a file name without folders and extension was expected")
      }
      if !seen.insert(id).inserted { throw .invalid(list, "lists \"\(id)\" twice; remove one of the lines") }
    }
    return ids
  }

  /// The path of every id's file, or nil without a folder.
  private static func paths(
    _ kind: String, _ folder: String?, _ extensions: [String], _ ids: [String], _ list: String
  ) throws(FileError) -> [String]? {
    guard let folder else { return nil }
    let index = try FolderIndex(folder, extensions: extensions)
    let paths = ids.compactMap { index[$0] }
    if paths.count == ids.count { return paths }
    let missing = ids.filter { index[$0] == nil }
    let shown = 3
    let first = missing.prefix(shown).joined(separator: ", ") + (missing.count > shown ? ", ..." : "")
    let endings = extensions.map { ".\($0)" }.joined(separator: ", ")
    let named = missing.contains { id in extensions.contains { id.lowercased().hasSuffix(".\($0)") } }
    let advice = named ? "leave the extension out of the list" : "add the files or remove the lines"
    throw FileError(
      list, .missing,
      "\(missing.count) of \(ids.count) listed ids have no \(kind) (\(endings)) in \(folder): \(first); \(advice)")
  }
}
