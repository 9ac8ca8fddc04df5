import Datasets
import Files
import Images
import TestSupport
import Testing

@Suite("Class lists") struct ClassListTests {
  @Test("VOC has 21 classes and answers to tags and names") func voc() {
    let tags = ClassList.voc.scribbleTags
    #expect(ClassList.voc.count == 21)
    #expect((tags["background"], tags["plane"], tags["aeroplane"]) == (0, 1, 1))
    #expect((tags["table"], tags["diningtable"], tags["monitor"], tags["tvmonitor"]) == (11, 11, 20, 20))
  }

  @Test("Context has 60 classes and begins with VOC's tags") func context() {
    #expect(ClassList.context.count == 60)
    #expect(Array(ClassList.context.tags.prefix(21)) == ClassList.voc.tags)
    #expect(Set(ClassList.context.names).count == 60)
    #expect(
      (ClassList.context.names[21], ClassList.context.names[36], ClassList.context.names[59]) == (
        "bag", "grass", "wood"
      ))
  }

  @Test("The demo's classes are read, its void line passed over") func demo() throws {
    #expect(try ClassList(contentsOf: Fixture.demo("classes.txt")).names == ["background", "cat", "dog"])
  }

  @Test(
    "Numbered and plain lines give the same list",
    arguments: [
      "0 background\n1 traffic light\n2 car\n", "2: car\n0: background\r\n1: traffic light\n255: void\n",
      "# classes\nbackground\ntraffic light\n\ncar\nvoid\n", "0\tbackground\n1\ttraffic light\n2\tcar",
    ])
  func spellings(_ text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("classes.txt", text)
    #expect(try ClassList(contentsOf: path).names == ["background", "traffic light", "car"])
  }

  @Test(
    "A faulty list is reported with file and cause",
    arguments: [
      ("", "0 classes given"), ("background\n", "1 class given"),
      ("2: aeroplane\n3: bicycle\n", "begins with label 2"),
      ("1: background\n2: cat\n", "two classes are named \"background\""),
      ("0 background\n2 cat\n", "label 1 was expected and 2 (\"cat\") found"),
      ("0 background\n1 cat\n1 dog\n", "label 2 was expected and 1 (\"dog\") found"),
      ("background\ncat\ncat\n", "two classes are named \"cat\""),
      ((0...254).map { "c\($0)" }.joined(separator: "\n"), "255 classes given"),
    ])
  func faults(_ text: String, _ problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("faulty.txt", text)
    let error = try #require(throws: FileError.self) { try ClassList(contentsOf: path) }
    #expect(error.path == path)
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test(
    "Lists of other tools give the same classes",
    arguments: [
      "__ignore__\n_background_\ncat\ntraffic light\n",
      "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ntraffic light:0,128,0:wheel,door:on\n",
      "background:0,0,0::\ncat:::\ntraffic light:0,128,0::\n",
      "background, cat, traffic light\n", "background;cat;traffic light", "0:background\n1:cat\n2:traffic light\n",
      "0,background\n1,cat\n2,traffic light\n", "Pixel Value, Class\n0, background\n1, cat\n2, traffic light\n",
      "name,label\nbackground,0\ncat,1\ntraffic light,2\n", "0=background\n1=cat\n2=traffic light\n255=void\n",
    ])
  func otherTools(_ text: String) throws {
    let folder = try TemporaryFolder()
    let read = try ClassList.read(try folder.write("classes.txt", text))
    #expect(read.classes.names == ["background", "cat", "traffic light"])
    #expect(read.warnings.isEmpty)
  }

  @Test(
    "What is no list of names is refused, and not taken for names",
    arguments: [
      ("{\"names\": [\"a\"]}\nb\n", "plain text with one class per line was expected"),
      ("names:\n  0: background\n  1: cat\n", "has the line \"names:\""),
      ("- background\n- cat\n", "has the line \"- background\""),
      ("background,0,0,0\ncat,128,0,0\n", "has 4 columns"),
      ("background\n1: cat\n", "write all classes in the same form"),
      ("# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat\n", "write one class per line"),
      ("background\nc\u{7}at\n", "the name of class 1 contains a control character"),
    ])
  func noList(_ text: String, _ problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("classes.txt", text)
    let error = try #require(throws: FileError.self) { try ClassList(contentsOf: path) }
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test(
    "Colours may follow the names, numbered or not",
    arguments: [
      "background\ntraffic light  #30C650\ncar\n",
      "0 background\n1 traffic light #30c650\n2: car\r\n255 void #FFFFFF\n",
      "# all classes #1\n\nbackground\ntraffic light\t#30C650\n# cars #000000\ncar",
    ])
  func colors(_ text: String) throws {
    let folder = try TemporaryFolder()
    let classes = try ClassList(contentsOf: try folder.write("classes.txt", text))
    #expect(classes.names == ["background", "traffic light", "car"])
    #expect(classes.ownColors == [1: Color(0x30, 0xC6, 0x50)])
    #expect(classes.colors[1] == Color(0x30, 0xC6, 0x50))
    #expect(classes.colors[2] == ColorMap.bright[2])
    #expect(classes.colors[Label.ignored] == Color(255, 255, 255))
  }

  @Test("PASCAL VOC's names have PASCAL VOC's colours, others bright ones")
  func standardColors() throws {
    #expect(ClassList.voc.colors == .voc && ClassList.context.colors == .voc)
    #expect(try ClassList(["background", "leaf"]).colors == .bright)
    let folder = try TemporaryFolder()
    let path = try folder.write("classes.txt", ClassList.voc.names.joined(separator: "\n") + " #30C650")
    let own = try ClassList(contentsOf: path)
    #expect(own.tags == ClassList.voc.tags)
    #expect(own.colors[20] == Color(0x30, 0xC6, 0x50) && own.colors[19] == ColorMap.voc[19])
  }

  @Test(
    "A faulty colour is reported with its line",
    arguments: [
      ("background\nleaf #30C65\n", "line 2: \"#30C65\" is no colour"),
      ("background\n\nleaf #green\n", "line 3: \"#green\" is no colour"),
      ("0 background\n1 leaf #\n", "line 2: \"#\" is no colour"),
      ("0 background #000000\n1 leaf #30C650\n2 soil #30c650\n", "line 3: #30C650 is the colour of \"1 leaf\" already"),
      ("0 background\n1 #30C650\n", "line 2: has a colour and no name"),
    ])
  func faultyColors(_ text: String, _ problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("faulty.txt", text)
    let error = try #require(throws: FileError.self) { try ClassList(contentsOf: path) }
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test(
    "What may be meant otherwise is read with a doubt",
    arguments: [
      ("name\nbackground\ncat\n", "is that the heading of a column"),
      ("cat\nbackground\n", "should the background come first"), ("background\ncat\nCat\n", "are they one class"),
    ])
  func doubtful(_ text: String, _ doubt: String) throws {
    let folder = try TemporaryFolder()
    let warnings = try ClassList.read(try folder.write("classes.txt", text)).warnings
    #expect(warnings.contains { $0.problem.contains(doubt) }, "\(warnings)")
  }

  @Test("A name may begin with a number") func numberInName() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("classes.txt", "background\n3 wheeler\ncar, red\n")
    #expect(try ClassList(contentsOf: path).names == ["background", "3 wheeler", "car, red"])
  }

  @Test("A file that is missing is named with its whole path and what belongs in it") func missing() throws {
    let error = try #require(throws: FileError.self) { try ClassList(contentsOf: "nowhere/classes.txt") }
    #expect(error.problem.hasPrefix("no such file at /"))
    #expect(
      error.problem.hasSuffix(
        "/nowhere/classes.txt; the names of the classes, one per line, background first, was expected there"))
  }

  @Test("Labels from 1 on leave 0 to the background") func fromOne() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("classes.txt", "1: cat\n2: dog\n")
    #expect(try ClassList(contentsOf: path).names == ["background", "cat", "dog"])
  }

  @Test("Tags must be as many as classes") func tagCount() {
    #expect(throws: ClassListError.self) { try ClassList(["a", "b"], tags: ["a"]) }
    #expect(throws: ClassListError.self) { try ClassList(["a", "b"], tags: ["a", " "]) }
  }
}
