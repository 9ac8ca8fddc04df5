import Annotations
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite("Scribble XML") struct ScribbleSupXMLTests {
  private static let size = "<size><width>40</width><height>30</height></size>"

  @Test("Tags, points and sizes are read") func complete() throws {
    let annotation = try parsed(
      """
      <?xml version="1.0" encoding="utf-8"?>
      <annotation><filename>other.jpg</filename>\(Self.size)<segmented>1</segmented>
      <!-- <polygon> --><polygon id="1>2"><empty/><tag> c<![CDATA[a]]>&#116; </tag>
      <point><X>1</X><Y> -2 </Y></point><point><Y>4</Y><X>3.9</X></point></polygon>
      <polygon><point><X>5</X><Y>6</Y></point><tag>dog &amp; co</tag></polygon></annotation>
      """)
    #expect((annotation.width, annotation.height) == (40, 30))
    #expect(
      annotation.marks == [
        Mark("cat", .line([.init(x: 1, y: -2), .init(x: 3, y: 4)], width: 1), line: 4),
        Mark("dog & co", .dot(.init(x: 5, y: 6), radius: 0), line: 5),
      ])
  }

  @Test("Numbers in other places are not taken for sizes or points") func foreignElements() throws {
    let annotation = try parsed(
      """
      <annotation><object><width>7</width><polygon><tag>cow</tag></polygon></object>\(Self.size)
      <polygon><tag>cat</tag><X>1</X><note><point><X>bad</X></point></note></polygon></annotation>
      """)
    #expect(annotation.width == 40)
    #expect(annotation.marks == [Mark("cat", .line([], width: 1), line: 2)])
  }

  @Test("A file name inside that names another photograph is passed over") func foreignFileName() throws {
    #expect(try Annotation(contentsOf: Fixture.golden("scribbles/quirks.xml")).marks.count == 5)
  }

  static let faults: [(xml: String, problem: String)] = [
    ("", "is empty"),
    ("  \n", "is empty"),
    ("<html><body></body></html>", "line 1: the root element is <html>, <annotation> was expected"),
    ("<annotation>\n\(size)", "line 2: is not well-formed XML inside <annotation>; it may be cut short"),
    ("<annotation>\(size)</annotation>trailing<", "is not well-formed XML"),
    ("<annotation>\(size)</annotation><annotation/>", "is not well-formed XML"),
    ("<annotation>\(size)</polygon>", "is not well-formed XML"),
    ("<annotation>\(size)<\n", "is not well-formed XML"),
    ("<annotation>\(size)<polygon a='1'/></annotation>", "a <polygon> has no <tag>"),
    ("<annotation>\n<polygon a=1/></annotation>", "line 2: is not well-formed XML inside <annotation>"),
    ("<annotation><!-- never ends", "is not well-formed XML"), ("<?xml version='1.0'?>", "is not well-formed XML"),
    ("<annotation>\(size)<polygon><tag>a & b</tag></polygon></annotation>", "is not well-formed XML"),
    ("<annotation></annotation>", "has no <size>"),
    ("<annotation><size><width>3</width></size></annotation>", "has no <size>"),
    ("<annotation>\n<size><width>0</width></size></annotation>", "line 2: the <width> is \"0\""),
    ("<annotation><size><height>65536</height></size></annotation>", "the <height> is \"65536\""),
    ("<annotation><size><width>99999999999999999999</width></size></annotation>", "the <width> is"),
    ("<annotation><size><width>65535</width><height>65535</height></size></annotation>", "is for 65535 x 65535 pixels"),
    (
      "<annotation>\(size)\n<polygon><point><X>1</X><Y>2</Y></point></polygon></annotation>",
      "line 2: a <polygon> has no"
    ),
    (
      "<annotation>\(size)\n\n<polygon><tag>cat</tag><point><X>1</X></point></polygon></annotation>",
      "line 3: a <point>"
    ),
    ("<annotation>\(size)<polygon><tag>cat</tag><point><X>one</X></point></polygon></annotation>", "is \"one\""),
    ("<annotation>\(size)<polygon><tag>cat</tag><point><X>nan</X></point></polygon></annotation>", "is \"nan\""),
    ("<annotation>\(size)<polygon><tag>cat</tag><point><X></X></point></polygon></annotation>", "is \"\""),
    ("<!DOCTYPE a [<!ENTITY b \"c\">]><annotation>\(size)</annotation>", "holds a declaration"),
    ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><annotation>\(size)</annotation>", "holds a declaration"),
    ("<annotation>\(size)<polygon><tag>&evil;</tag></polygon></annotation>", "line 1: names an entity (&name;)"),
    ("<annotation><?note", "is not well-formed XML"),
    ("<annotation><size><width>\(String(repeating: "1", count: 2000))", "<width> holds more than 1024 bytes of text"),
    ("<?xml version='1.0' encoding='klingon'?><annotation>\(size)</annotation>", "line 1: is in an encoding"),
    ("<annotation \(attributes(65))>\(size)</annotation>", "<annotation> has 65 attributes, at most 64"),
    (
      "<annotation>\(size)<object><name>cat</name><bndbox><xmin>1</xmin></bndbox></object></annotation>",
      "holds bounding boxes (<object>), and scribbles were expected"
    ),
    (String(repeating: "<annotation>", count: 100_000), "inside each other more than 64 deep"),
    ("<annotation>\(size)<\u{FFFF}\u{301}x/></annotation>", "is not well-formed XML"),
    ("\0<annotation/>", "is not text in UTF-8"),
  ]

  static func attributes(_ count: Int) -> String { (0..<count).map { "a\($0)='1'" }.joined(separator: " ") }

  @Test("A fault is reported with file and cause", arguments: faults)
  func fault(_ fault: (xml: String, problem: String)) throws {
    let error = try #require(throws: FileError.self) { try parsed(fault.xml) }
    let text = error.description
    #expect(text.hasPrefix("strokes.xml: "))
    #expect(text.contains(fault.problem), "\(text)")
  }

  @Test("An unknown tag is reported with its line and the nearest known one") func unknownTag() throws {
    let annotation = try parsed(
      "<annotation>\(Self.size)\n<polygon><tag>Catt</tag><point><X>1</X><Y>2</Y></point></polygon></annotation>")
    let error = try #require(throws: FileError.self) {
      try annotation.rasterized(ClassTags(["background", "cat", "dog"]))
    }
    let text = error.description
    #expect(
      text == "strokes.xml: line 2: the tag \"Catt\" is no class of this data set; the nearest known tag is \"cat\".")
  }

  @Test("Processing instructions, comments and what they hold are passed over")
  func instructions() throws {
    let annotation = try parsed(
      """
      <?xml version="1.0"?><!-- <!DOCTYPE a> --><?note?><annotation><?note?><?a <polygon>?>\(Self.size)<?b c="d"?>
      <polygon><tag>c<?e?>at</tag><point><X>1</X><Y>2</Y></point></polygon><?note?></annotation><?note?>
      """)
    #expect(annotation.marks == [Mark("cat", .dot(.init(x: 1, y: 2), radius: 0), line: 2)])
  }

  @Test("UTF-16 with its mark, UTF-8 with its mark and ISO 8859-1 are read")
  func encodings() throws {
    func xml(_ encoding: String) -> String {
      "<?xml version='1.0' encoding='\(encoding)'?><annotation>\(Self.size)<polygon><tag>Tür</tag></polygon></annotation>"
    }
    let expected = [Mark("Tür", .line([], width: 1), line: 1)]
    let latin = try #require(xml("ISO-8859-1").data(using: .isoLatin1))
    let files = [
      Data([0xEF, 0xBB, 0xBF]) + Data(xml("utf-8").utf8), latin,
      Data([0xFF, 0xFE]) + (try #require(xml("UTF-16").data(using: .utf16LittleEndian))),
      Data([0xFE, 0xFF]) + (try #require(xml("UTF-16").data(using: .utf16BigEndian))),
    ]
    for file in files {
      #expect(try parsed(file).marks == expected)
      let folder = try TemporaryFolder()
      let path = try folder.write("a.xml", Array(file))
      #expect(try Annotation(contentsOf: path).rasterized(ClassTags(["background", "Tür"])).width == 40)
    }
  }

  @Test("A million attributes and a million elements inside each other end soon with an error")
  func manyOfAKind() throws {
    let attributes = try #require(throws: FileError.self) {
      try parsed("<annotation \(Self.attributes(1_000_000))>\(Self.size)</annotation>")
    }
    #expect(attributes.problem.contains("has 1000000 attributes"))
    let elements = try #require(throws: FileError.self) {
      try parsed("<annotation>\(Self.size)\(String(repeating: "<a/>", count: 4_000_001))</annotation>")
    }
    #expect(elements.problem.contains("has more than 4000000 elements"), "\(elements)")
  }

  @Test("Strokes are read beside the bounding boxes of VOC's own annotations")
  func boxesAndStrokes() throws {
    let annotation = try parsed(
      "<annotation>\(Self.size)<object><bndbox/></object><polygon><tag>cat</tag></polygon></annotation>")
    #expect(annotation.marks.map(\.tag) == ["cat"])
  }

  @Test("A missing file is reported as missing") func missingFile() throws {
    let error = try #require(throws: FileError.self) { try Annotation(contentsOf: "/nowhere/strokes.xml") }
    #expect(error.reason == .missing)
  }

  @Test("A file cut short anywhere is an annotation or an error") func truncation() throws {
    let whole = Array(try InputFile.read(Fixture.golden("scribbles/quirks.xml")))
    let end = try #require(whole.lastIndex(of: UInt8(ascii: ">")))
    for count in 0...end {
      #expect(throws: FileError.self, "cut after \(count) bytes") {
        try parsed(Data(whole.prefix(count)))
      }
    }
  }

  @Test("Damaged bytes give an annotation or an error") func damage() throws {
    let whole = Array(try InputFile.read(Fixture.golden("scribbles/quirks.xml")))
    let tags = ClassTags(["background", "cat", "dog", "person", "monitor"])
    var state: UInt32 = 1
    var failures = 0
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0..<3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes[Int(state >> 8) % bytes.count] = UInt8(truncatingIfNeeded: state >> 3)
      }
      do {
        let annotation = try parsed(Data(bytes))
        if annotation.width * annotation.height < 1_000_000 { _ = try annotation.rasterized(tags) }
      } catch let error as FileError {
        failures += 1
        #expect(error.path == "strokes.xml")
      }
    }
    #expect(failures > 100)
  }

  @Test("What is written is read again: strokes, clicks and any tag that XML can hold") func roundTrip() throws {
    var random = Xorshift()
    for _ in 0..<300 {
      let marks = (0..<Int.random(in: 0...6, using: &random)).map { _ in mark(&random) }
      let annotation = Annotation(
        width: Int.random(in: 1...2000, using: &random), height: Int.random(in: 1...2000, using: &random), marks: marks,
        path: "strokes.xml")
      let bytes = try #require(ScribbleSupXML().write(annotation))
      let read = try parsed(bytes)
      #expect((read.width, read.height) == (annotation.width, annotation.height))
      #expect(read.marks.map(\.tag) == marks.map(\.tag))
      #expect(read.marks.map(\.shape) == marks.map(\.shape))
      // The first mark stands in line 4, each in a line of its own.
      #expect(read.marks.map(\.line) == marks.indices.map { $0 + 4 })
    }
  }

  @Test("A published annotation is written and read again") func publishedRoundTrip() throws {
    for name in ["quirks", "Birman_128"] {
      let annotation = try Annotation(contentsOf: Fixture.golden("scribbles/\(name).xml"))
      let read = try parsed(try #require(ScribbleSupXML().write(annotation)))
      #expect(read.marks.map(\.tag) == annotation.marks.map(\.tag))
      #expect(read.marks.map(\.shape) == annotation.marks.map(\.shape))
    }
  }

  @Test("What the XML cannot hold is not written")
  func unwritable() {
    let (a, b) = (Mark.Point(x: 0, y: 0), Mark.Point(x: 3, y: 4))
    let marks = [
      Mark("cat", .line([a, b], width: 2)), Mark("cat", .region([a, b])), Mark("cat", .dot(a, radius: 1)),
      Mark("", .line([a, b], width: 1)), Mark(" cat", .line([a, b], width: 1)),
      Mark("c\u{7}t", .line([a, b], width: 1)), Mark(String(repeating: "x", count: 1025), .line([a, b], width: 1)),
    ]
    for mark in marks { #expect(ScribbleSupXML().write(Annotation(width: 9, height: 9, marks: [mark])) == nil) }
    #expect(ScribbleSupXML().write(Annotation(width: 65_536, height: 1)) == nil)
    let bitmap = LabelMap(width: 9, height: 9, filledWith: 0)
    #expect(ScribbleSupXML().write(Annotation(width: 9, height: 9, bitmap: bitmap)) == nil)
    let many = Mark("cat", .line(Array(repeating: a, count: 1_400_000), width: 1))
    #expect(ScribbleSupXML().write(Annotation(width: 9, height: 9, marks: [many])) == nil)
  }

  /// A random stroke or click, far outside at times.
  private func mark(_ random: inout Xorshift) -> Mark {
    let letters: [Character] = ["a", "ü", "猫", "<", ">", "&", "\"", "'", "]", " ", "\t", "\r", "\n", "-", "😀", "/"]
    let middle = (0..<Int.random(in: 0...8, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }
    let points = (0..<Int.random(in: 0...5, using: &random)).map { _ in
      let reach = Bool.random(using: &random) ? 100 : Mark.Point.farthest
      return Mark.Point(
        x: Int.random(in: -reach...reach, using: &random), y: Int.random(in: -reach...reach, using: &random))
    }
    return Mark("t\(String(middle))g", points.count == 1 ? .dot(points[0], radius: 0) : .line(points, width: 1))
  }

  @discardableResult
  private func parsed(_ xml: String) throws -> Annotation { try parsed(Data(xml.utf8)) }

  private func parsed(_ xml: Data) throws -> Annotation {
    var warnings: [FileWarning] = []
    return try ScribbleSupXML().read(xml, path: "strokes.xml", &warnings) { _, _ in }
  }
}
