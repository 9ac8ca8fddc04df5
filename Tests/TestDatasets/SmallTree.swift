import Datasets
import Images
import TestSupport

/// A data set of a few tiny images in a folder of its own.
public struct SmallTree {
  public let folder: TemporaryFolder
  public static let width = 6
  public static let height = 4

  /// Writes photographs, scribbles (a line of `drawn[i]` in row 1) and masks (`Label.ignored` in the last row).
  public init(
    _ ids: [String] = ["a", "b", "c"], drawn: [[String]] = [["background", "cat"], ["cat"], ["background"]]
  ) throws {
    folder = try TemporaryFolder()
    try folder.write("list.txt", ids.joined(separator: "\n") + "\n")
    for (i, id) in ids.enumerated() {
      let (width, height) = (Self.width, Self.height)
      let pixels = (0..<width * height * 3).map { UInt8(($0 * 5 + i) % 256) }
      try folder.write("images/\(id).jpg", [])
      try Image(width: width, height: height, pixels: pixels).write(png: folder("images/\(id).jpg"))
      try folder.write("scribbles/\(id).xml", Self.xml(drawn[i % drawn.count], width, height))
      var mask = LabelMap(width: width, height: height, filledWith: 0)
      for x in 0..<width { mask.labels[(height - 1) * width + x] = Label.ignored }
      mask.labels[0] = 1
      try folder.write("masks/\(id).png", [])
      try mask.write(palettePNG: folder("masks/\(id).png"))
    }
  }

  public var layout: DatasetLayout {
    DatasetLayout(
      images: folder("images"), scribbles: folder("scribbles"), masks: folder("masks"), list: folder("list.txt"))
  }

  /// Strokes over the whole width, the i-th in row i.
  public static func xml(_ tags: [String], _ width: Int, _ height: Int) -> String {
    let strokes = tags.enumerated().map { row, tag in
      let ends = [0, width].map { "<point><X>\($0)</X><Y>\(row)</Y></point>" }
      return "<polygon><tag>\(tag)</tag>\(ends.joined())</polygon>"
    }
    return "<annotation><size><width>\(width)</width><height>\(height)</height></size>\(strokes.joined())</annotation>"
  }

  public static func classes() throws -> ClassList { try ClassList(["background", "cat", "dog"]) }

  public func dataset() throws -> SegmentationDataset { try SegmentationDataset(layout, classes: Self.classes()) }
}

extension DatasetLayout {
  /// One of the two parts of PASCAL VOC 2012.
  public enum VOCSplit: String, Sendable, CaseIterable {
    /// The images with scribbles, listed in trainaug.txt.
    case training = "trainaug"
    /// The images for evaluation, listed in val.txt; they have no scribbles.
    case validation = "val"
  }

  /// The tree of PASCAL VOC 2012 with ScribbleSup's annotations; `root` is the folder VOCdevkit.
  public static func voc(
    root: String, split: VOCSplit, scribbles: String = "pascal_2012"
  ) -> DatasetLayout {
    let voc = "\(root)/VOC2012"
    return DatasetLayout(
      images: "\(voc)/JPEGImages",
      scribbles: split == .training ? "\(root)/scribble_annotation/\(scribbles)" : nil,
      masks: "\(voc)/SegmentationClassAug",
      list: "\(voc)/ImageSets/Segmentation/\(split.rawValue).txt")
  }
}
