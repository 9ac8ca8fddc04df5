import Files
import Images
import Scribbles
import TestSupport
import Testing

@Suite("Scribble files") struct ScribbleFileTests {
  /// The cat has VOC's label, 8, as in the fixtures.
  private let tags = ClassTags(["background", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "cat"])

  @Test("A PNG and an XML file of the same strokes give the same labels") func formats() throws {
    let xml = try ScribbleFile.read(Fixture.golden("scribbles/Birman_128.xml"), width: 320, height: 240, tags: tags)
    let png = try ScribbleFile.read(Fixture.golden("scribbles/Birman_128.png"), width: 320, height: 240, tags: tags)
    #expect(xml == png)
  }

  @Test("The contents decide about the format, not the name") func misnamed() throws {
    let folder = try TemporaryFolder()
    let bytes = try InputFile.read(Fixture.golden("scribbles/Birman_128.png"))
    let path = try folder.write("strokes.xml", Array(bytes))
    #expect(try ScribbleFile.read(path, width: 320, height: 240, tags: tags).width == 320)
  }

  @Test("A size that is not the photograph's is reported with both", arguments: ["xml", "png"])
  func wrongSize(_ ending: String) throws {
    let path = Fixture.golden("scribbles/Birman_128.\(ending)")
    let error = try #require(throws: FileError.self) {
      try ScribbleFile.read(path, width: 240, height: 320, tags: tags)
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
      try ScribbleFile.read(Fixture.golden("scribbles/Birman_128.\(ending)"), for: photograph, tags: tags, &warnings)
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
    let error = try #require(throws: FileError.self) { try ScribbleFile.read(path, width: 9, height: 9, tags: tags) }
    #expect(error.problem.contains("is for 320 x 240 pixels, its photograph has 9 x 9"), "\(error)")
  }

  @Test("A click, a stroke of a single point, labels its pixel") func click() throws {
    let folder = try TemporaryFolder()
    let size = "<size><width>3</width><height>2</height></size>"
    let stroke = "<polygon><tag>cat</tag><point><X>1</X><Y>1</Y></point></polygon>"
    let path = try folder.write("a.xml", "<annotation>\(size)\(stroke)</annotation>")
    let map = try ScribbleFile.read(path, width: 3, height: 2, tags: tags)
    #expect(map.labels == [255, 255, 255, 255, 8, 255])
  }

  @Test("Neither XML nor PNG is reported", arguments: ["GIF89a", "", "{\"strokes\": []}"])
  func otherFormat(_ contents: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("strokes.xml", contents)
    let error = try #require(throws: FileError.self) { try ScribbleFile.read(path, width: 1, height: 1, tags: tags) }
    #expect(error.reason == .invalid)
    #expect(error.path == path)
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
