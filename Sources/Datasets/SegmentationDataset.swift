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
  /// Never empty, unless made by `init(salvaging:)`.
  public private(set) var items: [Item]
  private let tags: ClassTags
  /// Nil where no mask is a MATLAB file.
  private let renaming: LabelRenaming?
  private let scribbleTable: LabelTable?
  private let maskTable: LabelTable?
  /// What is odd about the folders, which are used all the same.
  public let warnings: [FileWarning]

  public var count: Int { items.count }

  /// The item of an id, or nil.
  public func item(_ id: String) -> Item? { items.first { $0.id == id } }

  /// Checks that every file of every listed id is there; their contents are checked as they are loaded.
  ///
  /// Masks that are MATLAB files hold labels named by `labelNames`, and are renamed to classes as `LabelRenaming`
  /// describes; with `sequentialRenaming`, which asks for its fault, masks must be MATLAB files.
  public init(
    _ layout: DatasetLayout, classes: ClassList, labelNames: LabelNames = .context, sequentialRenaming: Bool = false
  ) throws(FileError) {
    var faults: [FileError] = []
    self = SegmentationDataset(
      salvaging: layout, classes: classes, labelNames: labelNames, sequentialRenaming: sequentialRenaming, &faults)
    if let fault = faults.first { throw fault }
  }

  /// What is there of a data set; whatever is wrong with its list, its folders or its names is added to `faults`, and
  /// ids that lack a file are left out.
  public init(
    salvaging layout: DatasetLayout, classes: ClassList, labelNames: LabelNames = .context,
    sequentialRenaming: Bool = false, _ faults: inout [FileError]
  ) {
    self.layout = layout
    self.classes = classes
    tags = classes.scribbleTags
    let ids = SegmentationDataset.ids(layout.list, &faults)
    var search = FileSearch(ids: ids, list: layout.list)
    let images = search.paths("photographs", layout.images, ["jpg", "jpeg", "png"])
    let scribbles = search.paths("scribbles", layout.scribbles, ["xml", "png"])
    let masks = search.paths("ground truth", layout.masks, sequentialRenaming ? ["mat"] : ["png", "mat"])
    faults += search.faults
    warnings = search.warnings
    scribbleTable = SegmentationDataset.table(layout.scribbleValues, classes, LabelValues.scribbleSetting, &faults)
    maskTable = SegmentationDataset.table(layout.maskValues, classes, LabelValues.maskSetting, &faults)
    var renaming: LabelRenaming?
    if masks.values.contains(where: SegmentationDataset.isMATLAB) {
      do throws(ClassListError) {
        renaming = try LabelRenaming(from: labelNames, to: classes, sequentially: sequentialRenaming)
      } catch {
        faults.append(.invalid(layout.masks ?? "", "holds MATLAB files, and class \(error.problem)"))
      }
    }
    self.renaming = renaming
    let isComplete = { (id: String) in
      let mask = masks[id]
      let isReadable = mask.map { renaming != nil || !SegmentationDataset.isMATLAB($0) } ?? (layout.masks == nil)
      return images[id] != nil && isReadable && (layout.scribbles == nil || scribbles[id] != nil)
    }
    items = ids.filter(isComplete).map { id in
      Item(id: id, image: images[id] ?? "", scribbles: scribbles[id], mask: masks[id])
    }
  }

  /// Photographs of more pixels are refused from their header: each that is decoded ahead takes three bytes a pixel.
  public static let largestPixelCount = 100_000_000

  /// The same without the files of strokes, which can be drawn only where their classes are known.
  package var withoutStrokes: SegmentationDataset {
    var result = self
    result.items = items.map { item in
      item.scribbles?.lowercased().hasSuffix(".xml") == true
        ? Item(id: item.id, image: item.image, scribbles: nil, mask: item.mask) : item
    }
    return result
  }

  /// Decodes the files of an item.
  ///
  /// Throws when one cannot be decoded, when their sizes differ, and when a label is neither a class nor
  /// `Label.ignored`.
  public func load(_ item: Item) throws(FileError) -> Sample {
    var warnings: [FileWarning] = []
    let (header, image) = try photograph(of: item, &warnings)
    let scribbles = try scribbles(of: item, for: header, &warnings)
    let groundTruth = try groundTruth(of: item, for: header, &warnings)
    return Sample(id: item.id, image: image, scribbles: scribbles, groundTruth: groundTruth, warnings: warnings)
  }

  /// Decodes the files of an item, and adds what is wrong with each of them to `faults`; nil where anything is.
  ///
  /// Without the photograph the other files are still decoded, of whatever size they are.
  public func load(_ item: Item, _ faults: inout [FileError]) -> Sample? {
    func attempt<Value>(_ read: () throws(FileError) -> Value) -> Value? {
      do throws(FileError) {
        return try read()
      } catch {
        faults.append(error)
        return nil
      }
    }
    var warnings: [FileWarning] = []
    let photograph = attempt { () throws(FileError) in try self.photograph(of: item, &warnings) }
    let header = photograph?.header
    let scribbles = attempt { () throws(FileError) in try self.scribbles(of: item, for: header, &warnings) }
    let groundTruth = attempt { () throws(FileError) in try self.groundTruth(of: item, for: header, &warnings) }
    guard let photograph, let scribbles, let groundTruth else { return nil }
    return Sample(
      id: item.id, image: photograph.image, scribbles: scribbles, groundTruth: groundTruth, warnings: warnings)
  }

  private func photograph(
    of item: Item, _ warnings: inout [FileWarning]
  ) throws(FileError) -> (header: ImageHeader, image: Image) {
    let data = try InputFile.read(item.image)
    let header = try ImageHeader(decoding: data, from: item.image)
    guard header.pixelCount <= Self.largestPixelCount else {
      throw .invalid(
        item.image,
        "has \(header.width) x \(header.height) pixels, and photographs of data sets have at most "
          + "\(Self.largestPixelCount); make the photograph and its labels smaller")
    }
    return (header, try Image(decoding: data, from: item.image, &warnings))
  }

  private func scribbles(
    of item: Item, for photograph: ImageHeader?, _ warnings: inout [FileWarning]
  ) throws(FileError) -> LabelMap? {
    guard let path = item.scribbles else { return nil }
    let map = try ScribbleFile.read(path, for: photograph, tags: tags, &warnings)
    // Strokes in XML name their classes.
    if let scribbleTable, !path.lowercased().hasSuffix(".xml") { return try scribbleTable.labels(of: map, path) }
    try requireClasses(in: map, path, LabelValues.scribbleSetting)
    return map
  }

  /// The ground truth of an item; nil where it has none, where it cannot be read, and where its size is another.
  func readableGroundTruth(of item: Item, width: Int, height: Int) -> LabelMap? {
    var warnings: [FileWarning] = []
    let map = try? groundTruth(of: item, for: nil, &warnings)
    guard let map, map.width == width, map.height == height else { return nil }
    return map
  }

  private func groundTruth(
    of item: Item, for photograph: ImageHeader?, _ warnings: inout [FileWarning]
  ) throws(FileError) -> LabelMap? {
    guard let path = item.mask else { return nil }
    func requireSize(_ width: Int, _ height: Int) throws(FileError) {
      guard let photograph, (photograph.width, photograph.height) != (width, height) else { return }
      let advice = photograph.adviceOnOrientation(forLabels: width, height).map { "; \($0)" } ?? ""
      throw .invalid(
        path,
        "has \(width) x \(height) pixels, its photograph \(item.image) has \(photograph.width) x "
          + "\(photograph.height)\(advice)")
    }
    let map: LabelMap
    if let renaming, SegmentationDataset.isMATLAB(path) {
      map = try LabelMap(matFile: path, renaming)
      try requireSize(map.width, map.height)
    } else {
      map = try LabelMap(
        decoding: try InputFile.read(path), from: path, &warnings, checkingSize: requireSize)
    }
    if let maskTable, !SegmentationDataset.isMATLAB(path) { return try maskTable.labels(of: map, path) }
    try requireClasses(in: map, path, LabelValues.maskSetting)
    return map
  }

  private static func table(
    _ values: LabelValues?, _ classes: ClassList, _ setting: String, _ faults: inout [FileError]
  ) -> LabelTable? {
    guard let values else { return nil }
    do throws(FileError) {
      return try LabelTable(values, classes, setting: setting)
    } catch {
      faults.append(error)
      return nil
    }
  }

  private static func isMATLAB(_ path: String) -> Bool { path.lowercased().hasSuffix(".mat") }

  /// `setting` says what other values would mean.
  private func requireClasses(in map: LabelMap, _ path: String, _ setting: String) throws(FileError) {
    let count = UInt8(classes.count)
    guard map.isPresent[classes.count..<Int(Label.ignored)].contains(true),
      let place = map.labels.firstIndex(where: { $0 >= count && $0 != Label.ignored })
    else { return }
    throw .invalid(
      path,
      "has label \(map.labels[place]) at column \(place % map.width), row \(place / map.width); "
        + "labels 0 to \(classes.count - 1) and \(Label.ignored) were expected for \(classes.count) classes"
        + LabelGuess(map, classes, setting: setting).clause)
  }

  /// The ids of a list file, each of which names a file inside a folder and nothing beyond.
  private static func ids(_ list: String, _ faults: inout [FileError]) -> [String] {
    var ids: [String] = []
    do throws(FileError) {
      ids = try InputFile.lines(list)
    } catch {
      faults.append(error.expecting("a list of images, one id a line"))
      return []
    }
    if ids.isEmpty { faults.append(.invalid(list, "lists nothing, one id a line was expected")) }
    var seen: Set<String> = []
    return ids.filter { id in
      let leavesFolder = id == "." || id == ".." || id.contains { "/\\\0".contains($0) }
      if leavesFolder {
        faults.append(
          .invalid(list, "lists \"\(id.prefix(64))\", a file name without folders and extension was expected"))
      }
      let isNew = seen.insert(id).inserted
      if !isNew { faults.append(.invalid(list, "lists \"\(id.prefix(64))\" twice; remove one of the lines")) }
      return !leavesFolder && isNew
    }
  }
}
