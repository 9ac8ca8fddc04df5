import Datasets
import Foundation
import Images
import TestSupport

/// A data set of small photographs, each with its number as the blue of every pixel and a stroke of class 1.
struct StripedTree {
  let folder: TemporaryFolder
  let count: Int

  init(count: Int) throws {
    self.count = count
    folder = try TemporaryFolder()
    try folder.write("list.txt", (0..<count).map(Self.id).joined(separator: "\n"))
    for i in 0..<count {
      let (width, height) = (20 + i, 30 - i)
      let pixels = (0..<width * height).flatMap { [UInt8($0 % width), UInt8($0 / width), UInt8(i)] }
      try folder.write("images/\(Self.id(i)).png", [])
      try Image(width: width, height: height, pixels: pixels).write(png: folder("images/\(Self.id(i)).png"))
      var scribbles = LabelMap(width: width, height: height, filledWith: Label.ignored)
      for x in 0..<width { scribbles.labels[3 * width + x] = 1 }
      try folder.write("scribbles/\(Self.id(i)).png", [])
      try scribbles.write(palettePNG: folder("scribbles/\(Self.id(i)).png"))
    }
  }

  static func id(_ index: Int) -> String { "striped_\(index)" }

  func dataset() throws -> SegmentationDataset {
    let layout = DatasetLayout(images: folder("images"), scribbles: folder("scribbles"), list: folder("list.txt"))
    return try SegmentationDataset(layout, classes: ClassList(["background", "stripe", "dot"]))
  }
}
