import Annotations
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite("Annotation files") struct AnnotationFormatTests {
  /// The cat has VOC's label, 8, as in the fixtures.
  private let tags = ClassTags(["background", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "cat"])

  @Test("A PNG and an XML file of the same strokes give the same labels") func formats() throws {
    let xml = try labels(Fixture.golden("scribbles/Birman_128.xml"), 320, 240)
    let png = try labels(Fixture.golden("scribbles/Birman_128.png"), 320, 240)
    #expect(xml == png)
  }

  @Test("The contents decide about the format, not the name") func misnamed() throws {
    let folder = try TemporaryFolder()
    let bytes = try InputFile.read(Fixture.golden("scribbles/Birman_128.png"))
    let path = try folder.write("strokes.xml", Array(bytes))
    #expect(try labels(path, 320, 240).width == 320)
  }

  @Test("A size that is not the photograph's is reported with both", arguments: ["xml", "png"])
  func wrongSize(_ ending: String) throws {
    let path = Fixture.golden("scribbles/Birman_128.\(ending)")
    let error = try #require(throws: FileError.self) {
      try labels(path, 240, 320)
    }
    let text = error.description
    #expect(text.contains("is for 320 x 240 pixels, its photograph has 240 x 320"), "\(text)")
    #expect(text.hasPrefix(path))
  }

  @Test("The swapped size of a photograph with an EXIF orientation is explained", arguments: ["xml", "png"])
  func storedSize(_ ending: String) throws {
    let photograph = ImageHeader(width: 240, height: 320, orientation: .leftBottom)
    var warnings: [FileWarning] = []
    let error = try #require(throws: FileError.self) {
      try Annotation(contentsOf: Fixture.golden("scribbles/Birman_128.\(ending)"), for: photograph, &warnings)
    }
    #expect(error.problem.contains("it fits the photograph without its EXIF orientation (8)"), "\(error)")
  }

  @Test("A PNG of another size is refused before it is decoded")
  func sizeFromHeader() throws {
    let folder = try TemporaryFolder()
    var bytes = Array(try InputFile.read(Fixture.golden("scribbles/Birman_128.png")))
    // Whatever is wrong with the pixels is not looked at.
    bytes.removeLast(bytes.count - 900)
    let path = try folder.write("a.png", bytes)
    let error = try #require(throws: FileError.self) { try labels(path, 9, 9) }
    #expect(error.problem.contains("is for 320 x 240 pixels, its photograph has 9 x 9"), "\(error)")
  }

  @Test("A click, a stroke of a single point, labels its pixel") func click() throws {
    let folder = try TemporaryFolder()
    let size = "<size><width>3</width><height>2</height></size>"
    let stroke = "<polygon><tag>cat</tag><point><X>1</X><Y>1</Y></point></polygon>"
    let path = try folder.write("a.xml", "<annotation>\(size)\(stroke)</annotation>")
    let map = try labels(path, 3, 2)
    #expect(map.labels == [255, 255, 255, 255, 8, 255])
  }

  @Test("Neither XML nor PNG is reported", arguments: ["GIF89a", "", "{\"strokes\": []}"])
  func otherFormat(_ contents: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("strokes.xml", contents)
    let error = try #require(throws: FileError.self) { try labels(path, 1, 1) }
    #expect(error.reason == .invalid)
    #expect(error.path == path)
  }

  @Test("Messages name all formats, and of two files the format that is listed first is preferred") func list() throws {
    #expect(AnnotationFormats.all.names == "ScribbleSup XML or PNG")
    #expect(AnnotationFormats.all.fileExtensions == ["xml", "png"])
    #expect(AnnotationFormats.drawable.fileExtensions == ["xml"])
    let folder = try TemporaryFolder()
    let path = try folder.write("a.xml", "GIF89a")
    let error = try #require(throws: FileError.self) { try Annotation(contentsOf: path) }
    #expect(error.problem == "is in an unknown format, an annotation in ScribbleSup XML or PNG was expected")
  }

  @Test("A bitmap is written as a PNG and read again, and a PNG holds no marks") func bitmapRoundTrip() throws {
    var random = Xorshift()
    for _ in 0..<50 {
      let (width, height) = (Int.random(in: 1...40, using: &random), Int.random(in: 1...40, using: &random))
      let labels = (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &random) }
      var annotation = Annotation(
        width: width, height: height, bitmap: LabelMap(width: width, height: height, labels: labels), path: "a.png")
      let bytes = try #require(LabelPNG().write(annotation))
      var warnings: [FileWarning] = []
      let read = try LabelPNG().read(bytes, path: "a.png", &warnings) { _, _ in }
      #expect(read == annotation)
      #expect(warnings.isEmpty)
      annotation.marks = [Mark("cat", .dot(.init(x: 0, y: 0), radius: 0))]
      #expect(LabelPNG().write(annotation) == nil)
    }
  }

  private func labels(_ path: String, _ width: Int, _ height: Int) throws -> LabelMap {
    try Annotation(contentsOf: path, for: ImageHeader(width: width, height: height)).rasterized(tags)
  }
}

@Suite("Class tags") struct ClassTagsTests {
  @Test("A tag comes before an alias of another class") func aliases() {
    let tags = ClassTags(["background", "plane", "car"], aliases: ["background", "aeroplane", "plane"])
    #expect(tags["plane"] == 1)
    #expect(tags["aeroplane"] == 1)
    #expect(tags["car"] == 2)
    #expect(tags["Car"] == nil)
  }

  @Test(
    "The nearest tag is found by letters",
    arguments: [("aeroplan", "aeroplane"), ("DOG", "dog"), ("bikes", "bike"), ("hors", "horse")])
  func nearest(_ tag: String, _ expected: String) {
    #expect(ClassTags(["aeroplane", "bike", "dog", "horse"]).nearest(to: tag) == expected)
  }
}
