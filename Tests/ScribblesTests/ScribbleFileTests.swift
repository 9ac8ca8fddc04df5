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
