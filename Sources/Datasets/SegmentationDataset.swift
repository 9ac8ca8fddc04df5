import Annotations
import Files
import Images

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
  public let items: [Item]
  /// Nil where the classes are not known, so that marks cannot be drawn.
  private let tags: ClassTags?
  /// Labels of the values in label images of scribbles.
  private let scribbleTable: LabelTable
  /// Readers of masks by file extension.
  private let maskReaders: [String: any MaskReader]
  /// Warnings about the folders, which are used nevertheless.
  public let warnings: [FileWarning]

  public var count: Int { items.count }

  /// The item of an id, or nil.
  public func item(_ id: String) -> Item? { items.first { $0.id == id } }

  /// Checks that every file of every listed id exists; their contents are checked as they are loaded.
  public init(_ layout: DatasetLayout, classes: ClassList) throws(FileError) {
    var faults: [FileError] = []
    self = SegmentationDataset(salvaging: layout, classes: classes, &faults)
    if let fault = faults.first { throw fault }
  }

  /// The usable part of a data set: errors of its list, its folders and its formats are added to `faults`, and ids that
  /// lack a file are left out.
  public init(salvaging layout: DatasetLayout, classes: ClassList, _ faults: inout [FileError]) {
    self.layout = layout
    self.classes = classes
    tags = classes == .unknown ? nil : classes.scribbleTags
    let ids = SegmentationDataset.ids(layout.list, &faults)
    var search = FileSearch(ids: ids, list: layout.list)
    let images = search.paths("photographs", layout.images, PhotographList.extensions)
    let scribbles = search.paths("scribbles", layout.scribbles, AnnotationFormats.all.fileExtensions)
    let masks = search.paths("ground truth", layout.masks, layout.maskFormats.flatMap(\.fileExtensions))
    faults += search.faults
    warnings = search.warnings
    let setting = LabelValues.scribbleSetting
    scribbleTable =
      faults.adding { () throws(FileError) in try LabelTable(layout.scribbleValues, classes, setting: setting) }
      ?? LabelTable(indicesOf: classes, setting: setting)
    var readers: [String: any MaskReader] = [:]
    for format in layout.masks == nil ? [] : layout.maskFormats {
      let paths = masks.values.filter { format.fileExtensions.contains(SegmentationDataset.fileExtension($0)) }
      let reader = faults.adding { () throws(FileError) in
        try format.reader(of: paths, in: layout.masks ?? "", classes)
      }
      for fileExtension in format.fileExtensions { readers[fileExtension] = reader }
    }
    maskReaders = readers
    items = ids.compactMap { id in
      guard let image = images[id], layout.scribbles == nil || scribbles[id] != nil else { return nil }
      if layout.masks != nil {
        guard let mask = masks[id], readers[SegmentationDataset.fileExtension(mask)] != nil else { return nil }
      }
      return Item(id: id, image: image, scribbles: scribbles[id], mask: masks[id])
    }
  }

  /// Photographs with more pixels are refused from their header: each that is decoded ahead takes three bytes per
  /// pixel.
  public static let largestPixelCount = 100_000_000

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

  /// Decodes the files of an item, and adds the error of each faulty one to `faults`; nil where there is any.
  ///
  /// Without the photograph the other files are still decoded, whatever their size.
  public func load(_ item: Item, _ faults: inout [FileError]) -> Sample? {
    var warnings: [FileWarning] = []
    let photograph = faults.adding { () throws(FileError) in try self.photograph(of: item, &warnings) }
    let header = photograph?.header
    let scribbles = faults.adding { () throws(FileError) in try self.scribbles(of: item, for: header, &warnings) }
    let groundTruth = faults.adding { () throws(FileError) in try self.groundTruth(of: item, for: header, &warnings) }
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
    var annotation = try Annotation(contentsOf: path, for: photograph, &warnings)
    if let bitmap = annotation.bitmap { annotation.bitmap = try scribbleTable.labels(of: bitmap, path) }
    guard let tags else { return annotation.bitmap }
    return try annotation.rasterized(tags)
  }

  /// The ground truth of an item; nil where it has none, where it cannot be read, and where it has another size.
  package func readableGroundTruth(of item: Item, width: Int, height: Int) -> LabelMap? {
    var warnings: [FileWarning] = []
    let map = try? groundTruth(of: item, for: nil, &warnings)
    guard let map, map.width == width, map.height == height else { return nil }
    return map
  }

  private func groundTruth(
    of item: Item, for photograph: ImageHeader?, _ warnings: inout [FileWarning]
  ) throws(FileError) -> LabelMap? {
    // Without a reader the data set has no item of the format.
    guard let path = item.mask, let reader = maskReaders[SegmentationDataset.fileExtension(path)] else { return nil }
    return try reader.read(path, &warnings) { width, height throws(FileError) in
      guard let photograph, (photograph.width, photograph.height) != (width, height) else { return }
      let advice = photograph.adviceOnOrientation(forLabels: width, height).map { "; \($0)" } ?? ""
      throw .invalid(
        path,
        "has \(width) x \(height) pixels, its photograph \(item.image) has \(photograph.width) x "
          + "\(photograph.height)\(advice)")
    }
  }

  private static func fileExtension(_ path: String) -> String { Path.fileExtension(of: path).lowercased() }

  /// The ids of a list file, each of which names a file inside a folder and nothing beyond.
  private static func ids(_ list: String, _ faults: inout [FileError]) -> [String] {
    var ids: [String] = []
    do throws(FileError) {
      ids = try InputFile.lines(list)
    } catch {
      faults.append(error.expecting("a list of images, one id per line"))
      return []
    }
    if ids.isEmpty { faults.append(.invalid(list, "lists nothing, one id per line was expected")) }
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

extension [FileError] {
  /// The value that `body` returns; nil where it throws, whose error is added.
  fileprivate mutating func adding<Value>(_ body: () throws(FileError) -> Value) -> Value? {
    do throws(FileError) {
      return try body()
    } catch {
      append(error)
      return nil
    }
  }
}

/// One photograph of a data set with its labels; all three pictures have the same size.
public struct Sample: Sendable, Equatable {
  public let id: String
  public let image: Image
  /// A class at scribbled pixels, `Label.ignored` elsewhere; nil where the data set has no scribbles.
  public let scribbles: LabelMap?
  /// The class of each pixel, `Label.ignored` where it is void; nil where the data set has no ground truth.
  public let groundTruth: LabelMap?
  /// Warnings about files that were read nevertheless.
  public let warnings: [FileWarning]

  public init(
    id: String, image: Image, scribbles: LabelMap?, groundTruth: LabelMap?, warnings: [FileWarning] = []
  ) {
    for map in [scribbles, groundTruth].compactMap({ $0 }) {
      precondition(map.width == image.width && map.height == image.height, "labels have the size of the photograph")
    }
    self.id = id
    self.image = image
    self.scribbles = scribbles
    self.groundTruth = groundTruth
    self.warnings = warnings
  }
}
