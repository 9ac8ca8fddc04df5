import Datasets
import Images
import TestSupport

/// A data set of a few tiny images in a folder of its own.
struct SmallTree {
  let folder: TemporaryFolder
  static let width = 6
  static let height = 4

  /// Writes photographs, scribbles (a line of `drawn[i]` in row 1) and masks (`Label.ignored` in the last row).
  init(_ ids: [String] = ["a", "b", "c"], drawn: [[String]] = [["background", "cat"], ["cat"], ["background"]]) throws {
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

  var layout: DatasetLayout {
    DatasetLayout(
      images: folder("images"), scribbles: folder("scribbles"), masks: folder("masks"), list: folder("list.txt"))
  }

  /// Strokes over the whole width, the i-th in row i.
  static func xml(_ tags: [String], _ width: Int, _ height: Int) -> String {
    let strokes = tags.enumerated().map { row, tag in
      let ends = [0, width].map { "<point><X>\($0)</X><Y>\(row)</Y></point>" }
      return "<polygon><tag>\(tag)</tag>\(ends.joined())</polygon>"
    }
    return "<annotation><size><width>\(width)</width><height>\(height)</height></size>\(strokes.joined())</annotation>"
  }

  static func classes() throws -> ClassList { try ClassList(["background", "cat", "dog"]) }

  func dataset() throws -> SegmentationDataset { try SegmentationDataset(layout, classes: Self.classes()) }
}
