import Annotations
import Foundation
import Images
import TestSupport
import Testing

@Suite("Drawing marks") struct RasterizingTests {
  private static let demo = ClassTags(["background", "cat", "dog"])
  private static let voc = ClassTags([
    "background", "plane", "bike", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "table", "dog",
    "horse", "motorbike", "person", "plant", "sheep", "sofa", "train", "monitor",
  ])
  private static let context = ClassTags(
    voc.labels.sorted { $0.value < $1.value }.map(\.key) + [
      "bag", "bed", "bench", "book", "building", "cabinet", "ceiling", "cloth", "computer", "cup", "door", "fence",
      "floor", "flower", "food", "grass", "ground", "keyboard", "light", "mountain", "mouse", "curtain", "platform",
      "sign", "plate", "road", "rock", "shelves", "sidewalk", "sky", "snow", "bedclothes", "track", "tree", "truck",
      "wall", "water", "window", "wood",
    ])
  private static let published = "\(Fixture.root)/../shared/golden"

  @Test(
    "A demo annotation is drawn as the reference draws it",
    arguments: ["Abyssinian_217", "Birman_128", "american_bulldog_86", "american_pit_bull_terrier_180"])
  func demoGolden(_ name: String) throws {
    try compare(Fixture.golden("scribbles/\(name)"), Self.voc)
  }

  @Test("Odd strokes are drawn as the reference draws them") func quirks() throws {
    try compare(Fixture.golden("scribbles/quirks"), Self.voc)
  }

  @Test(
    "A published annotation is drawn as the reference draws it",
    .enabled(if: FileManager.default.fileExists(atPath: published)),
    arguments: ["2007_009897", "2008_000003", "2008_000008", "2011_003223"])
  func genuineGolden(_ name: String) throws {
    try compare("\(Self.published)/scribbles/genuine/\(name)", Self.voc)
  }

  @Test(
    "A published annotation of PASCAL-Context is drawn as the reference draws it",
    .enabled(if: FileManager.default.fileExists(atPath: published)))
  func contextGolden() throws {
    try compare("\(Self.published)/context/2008_003147", Self.context)
  }

  @Test("A slanted line rounds its pixels down") func slantedLine() throws {
    // m = 4: rows 0, 0.5, 1, 1.5 and the end point 2.
    let map = try drawn([Mark("cat", .line([point(0, 0), point(4, 2)], width: 1))], width: 5, height: 3)
    #expect(
      map.labels == [
        1, 1, 255, 255, 255,
        255, 255, 1, 1, 255,
        255, 255, 255, 255, 1,
      ])
  }

  @Test("A line upwards rounds its pixels down as well") func lineUpwards() throws {
    // m = 4: rows 2, 1.5, 1, 0.5 and the end point 0.
    let map = try drawn([Mark("cat", .line([point(0, 2), point(4, 0)], width: 1))], width: 5, height: 3)
    #expect(
      map.labels == [
        255, 255, 255, 1, 1,
        255, 1, 1, 255, 255,
        1, 255, 255, 255, 255,
      ])
  }

  @Test("A click draws a dot, and nothing by the published rule") func singlePoint() throws {
    for shape in [Mark.Shape.dot(point(7, 0), radius: 0), .line([point(7, 0)], width: 1)] {
      let click = Annotation(width: 3, height: 1, marks: [Mark("cat", shape)])
      #expect(try click.rasterized(Self.demo).labels == [255, 255, 1])
      #expect(try click.withoutClicks.rasterized(Self.demo).labels == [255, 255, 255])
    }
  }

  @Test("A stroke without points draws nothing") func noPoints() throws {
    #expect(try drawn([Mark("cat", .line([], width: 1))], width: 2, height: 1).labels == [255, 255])
  }

  @Test("A stroke of one repeated point draws that pixel") func repeatedPoint() throws {
    let map = try drawn([Mark("cat", .line([point(1, 0), point(1, 0)], width: 1))], width: 3, height: 1)
    #expect(map.labels == [255, 1, 255])
  }

  @Test("Points outside are moved to the border") func pointsOutside() throws {
    let map = try drawn([Mark("cat", .line([point(-7, 1), point(90, 1)], width: 1))], width: 3, height: 2)
    #expect(map.labels == [255, 255, 255, 1, 1, 1])
  }

  @Test("A later stroke lies over an earlier one") func order() throws {
    let line = [point(0, 0), point(2, 0)]
    let map = try drawn(
      [Mark("cat", .line(line, width: 1)), Mark("dog", .line([point(1, 0), point(1, 0)], width: 1))], width: 3,
      height: 1)
    #expect(map.labels == [1, 2, 1])
  }

  @Test("A photograph without strokes is unlabelled everywhere") func noStrokes() throws {
    #expect(try drawn([], width: 2, height: 2).labels == [255, 255, 255, 255])
  }

  @Test("Strokes without end are refused") func endlessStrokes() throws {
    let zigzag = (0..<10_000).map { point($0 % 2 == 0 ? 0 : 65_534, 0) }
    let error = try #require(throws: (any Error).self) {
      try drawn([Mark("cat", .line(zigzag, width: 1))], width: 65_535, height: 1)
    }
    #expect("\(error)".contains("268435456 pixels"))
  }

  private func point(_ x: Int, _ y: Int) -> Mark.Point { Mark.Point(x: x, y: y) }

  private func drawn(_ marks: [Mark], width: Int, height: Int) throws -> LabelMap {
    try Annotation(width: width, height: height, marks: marks).rasterized(Self.demo)
  }

  /// Compares the drawing of `path`.xml with the labels in `path`.png, pixel by pixel.
  private func compare(_ path: String, _ tags: ClassTags) throws {
    let expected = try LabelMap(contentsOf: "\(path).png")
    let found = try Annotation(contentsOf: "\(path).xml").withoutClicks.rasterized(tags)
    #expect((found.width, found.height) == (expected.width, expected.height))
    let different = expected.labels.indices.filter { expected.labels[$0] != found.labels[$0] }
    let first = different.first.map { pixel in
      "column \(pixel % expected.width), row \(pixel / expected.width): "
        + "\(found.labels[pixel]), not \(expected.labels[pixel])"
    }
    #expect(different.isEmpty, "\(different.count) pixels differ, the first at \(first ?? "")")
    #expect(expected.labels.contains { $0 != Label.ignored })
  }
}

extension Annotation {
  /// The published program draws no stroke of a single point.
  fileprivate var withoutClicks: Annotation {
    var result = self
    result.marks.removeAll { mark in
      switch mark.shape {
      case .line(let points, width: _): points.count == 1
      case .dot: true
      case .region: false
      }
    }
    return result
  }
}
