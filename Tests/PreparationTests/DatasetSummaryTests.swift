import Datasets
import Files
import Foundation
import Preparation
import TestDatasets
import TestSupport
import Testing

extension DatasetSummary {
  /// Loads every image of the data set; throws what the first faulty one in list order throws.
  init(of dataset: SegmentationDataset, threads: Int = 2) throws(FileError) {
    let examination = DatasetExamination(of: dataset, threads: threads)
    if let fault = examination.faults.first { throw fault }
    self = examination.summary
  }
}

@Suite("Data set summaries") struct DatasetSummaryTests {
  @Test("Pixels, images and blemishes are counted", arguments: [1, 2, 3, 8]) func counts(_ threads: Int) throws {
    let tree = try SmallTree(
      ["a", "b", "c", "d"], drawn: [["background", "cat"], ["cat", "dog"], ["background"], []])
    let summary = try DatasetSummary(of: tree.dataset(), threads: threads)
    let (scribbles, masks) = (try #require(summary.scribbles), try #require(summary.groundTruth))
    #expect(summary.count == 4)
    #expect((summary.widths, summary.heights) == (6...6, 4...4))
    #expect(scribbles.pixels == [12, 12, 6])
    #expect(scribbles.images == [2, 2, 1])
    #expect(scribbles.unlabelledPixels == 4 * 24 - 30)
    #expect(scribbles.labelledShare == 30.0 / 96)
    #expect(masks.pixels == [4 * 17, 4, 0])
    #expect(masks.images == [4, 4, 0])
    #expect(summary.withoutScribble == ["d"])
    #expect(summary.withoutBackgroundScribble == ["b"])
    #expect(summary.withBackgroundScribbleOnly == ["c"])
    #expect(summary.withUndrawnClass == ["b", "c", "d"])
  }

  @Test("The text names counts, shares and ids") func text() throws {
    let tree = try SmallTree()
    let text = try DatasetSummary(of: tree.dataset()).description
    #expect(text.contains("3 images of 6 x 4 pixels, 3 classes"))
    #expect(text.contains("33.33 % of the pixels are scribbled"))
    #expect(text.contains("1 image with scribbles, but none on the background: b"))
    #expect(text.contains("cat"))
    #expect(!text.contains("without a scribble"))
  }

  @Test("The first fault in list order is thrown", arguments: [1, 2, 3]) func fault(_ threads: Int) throws {
    let tree = try SmallTree(["a", "b", "c", "d"])
    for id in ["b", "d"] { try tree.folder.write("images/\(id).jpg", "not a photograph") }
    let dataset = try tree.dataset()
    let error = try #require(throws: FileError.self) { try DatasetSummary(of: dataset, threads: threads) }
    #expect(error.path == tree.folder("images/b.jpg"))
  }

  static let vocRoot = "\(Fixture.root)/../shared/data/VOCdevkit"

  @Test("The VOC tree has its known blemishes", .enabled(if: FileManager.default.fileExists(atPath: vocRoot)))
  func voc() throws {
    let dataset = try SegmentationDataset(.voc(root: Self.vocRoot, split: .training), classes: .voc)
    let summary = try DatasetSummary(of: dataset)
    #expect(summary.withBackgroundScribbleOnly.count == 5)
    #expect(summary.withoutBackgroundScribble.count == 2)
    #expect(summary.withUndrawnClass.count == 29)
    #expect(abs(try #require(summary.scribbles).labelledShare - 0.0067) < 0.0005)
  }
}
