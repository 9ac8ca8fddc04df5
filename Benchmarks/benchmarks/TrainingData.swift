import Annotations
import Datasets
import Files
import Foundation
import Images

/// Photographs of 500 x 375 with scribbles, as PASCAL VOC's are: the demo's, enlarged.
struct TrainingData {
  private static let width = 500
  private static let height = 375

  let folder: String

  func photograph(_ index: Int) -> String { "\(folder)/images/\(index).jpg" }

  func dataset() throws -> SegmentationDataset {
    try SegmentationDataset(
      DatasetLayout(images: "\(folder)/images", scribbles: "\(folder)/scribbles", list: "\(folder)/list.txt"),
      classes: .voc)
  }

  /// Writes them; `demo` is the folder Demo of the checkout.
  func make(from demo: String) throws {
    for name in ["images", "scribbles"] { try OutputFile.makeFolder("\(folder)/\(name)") }
    let ids = try InputFile.lines("\(demo)/ImageSets/Segmentation/train.txt").prefix(Workload.imageCount)
    let classes = try ClassList(contentsOf: "\(demo)/classes.txt")
    for (index, id) in ids.enumerated() {
      let photograph = try Image(contentsOf: "\(demo)/JPEGImages/\(id).jpg")
      let size = ImageHeader(width: photograph.width, height: photograph.height)
      let annotation = try Annotation(contentsOf: "\(demo)/scribbles/\(id).xml", for: size)
      let scribbles = try annotation.rasterized(classes.scribbleTags)
      let factor = max(
        Double(Self.width) / Double(photograph.width), Double(Self.height) / Double(photograph.height))
      try OutputFile.write(
        Self.cut(photograph.resizedCubic(by: factor)).jpegData(quality: 90), to: self.photograph(index))
      try Self.cut(scribbles.resizedNearest(by: factor)).write(palettePNG: "\(folder)/scribbles/\(index).png")
    }
    try OutputFile.write(ids.indices.map { "\($0)\n" }.joined(), to: "\(folder)/list.txt")
  }

  /// The upper left corner.
  private static func cut(_ image: Image) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let place = 3 * (min(y, image.height - 1) * image.width + min(x, image.width - 1))
        pixels += image.pixels[place..<place + 3]
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  private static func cut(_ map: LabelMap) -> LabelMap {
    let labels = (0..<width * height).map { i in
      map.labels[min(i / width, map.height - 1) * map.width + min(i % width, map.width - 1)]
    }
    return LabelMap(width: width, height: height, labels: labels)
  }
}
