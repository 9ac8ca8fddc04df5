import Files
import Foundation
import Images
import Scribbles

/// The classes of a data set in label order: class 0 is the background.
public struct ClassList: Sendable, Equatable {
  /// Names for people, as in reports.
  public let names: [String]
  /// Names in scribble files, one for each class.
  public let tags: [String]
  /// The colours that a file gives to classes, by their labels.
  public private(set) var ownColors: [Int: Color] = [:]

  /// Number of classes counting background: C.
  public var count: Int { names.count }

  /// What scribble files may call each class: its tag, or its name.
  public var scribbleTags: ClassTags { ClassTags(tags, aliases: names) }

  /// Classes from their names, and their tags where these differ.
  public init(_ names: [String], tags: [String]? = nil) throws(ClassListError) {
    let tags = tags ?? names
    guard 2...ClassList.mostClasses ~= names.count else {
      throw ClassListError(
        "\(names.count) classes given, 2 to \(ClassList.mostClasses) counting background are possible")
    }
    guard tags.count == names.count else {
      throw ClassListError("\(tags.count) tags given for \(names.count) classes; give one tag for each class")
    }
    for list in [names, tags] {
      if let index = list.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
        throw ClassListError("class \(index) has no name")
      }
      if let name = ClassList.repeated(in: list) { throw ClassListError("two classes are named \"\(name)\"") }
    }
    (self.names, self.tags) = (names, tags)
  }

  /// A file with one class a line: plain names in label order, or each after its label ("0 background"). A colour may
  /// follow the name ("1 leaf #30C650").
  ///
  /// A line for label 255, or whose name is "void", is passed over, as are empty lines and those that begin with "#".
  /// Labels that begin with 1 leave 0 to the background. The names of `voc` and `context` bring their tags with them.
  public init(contentsOf path: String) throws(FileError) {
    let colors = try ClassColors(path)
    let lines = colors.lines.filter { !$0.hasPrefix("#") }
    let numbered = lines.compactMap(NumberedLine.init)
    do {
      let names =
        if numbered.count < lines.count || lines.isEmpty {
          lines.filter { $0.lowercased() != "void" }
        } else {
          try ClassList.inLabelOrder(numbered)
        }
      let known = [ClassList.voc, .context].first { $0.names == names }
      try self.init(names, tags: known?.tags)
      ownColors = colors.byLabel(names)
    } catch {
      throw .invalid(path, error.problem)
    }
  }

  /// More labels would leave none for "unlabelled" below `Label.ignored`.
  private static let mostClasses = 254

  private init(unchecked names: [String], tags: [String]) { (self.names, self.tags) = (names, tags) }

  private static func inLabelOrder(_ lines: [NumberedLine]) throws(ClassListError) -> [String] {
    var classes = lines.filter { $0.number != 255 && $0.name.lowercased() != "void" }.sorted { $0.number < $1.number }
    if classes.first?.number == 1 { classes.insert(NumberedLine(number: 0, name: "background"), at: 0) }
    for (expected, line) in classes.enumerated() where line.number != expected {
      throw ClassListError(
        expected == 0
          ? "begins with label \(line.number), label 0 was expected; add a line \"0 background\""
          : "label \(expected) was expected and \(line.number) (\"\(line.name)\") found; "
            + "number the classes without holes"
      )
    }
    return classes.map(\.name)
  }

  private static func repeated(in names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }
}

extension ClassList {
  /// The 21 classes of PASCAL VOC 2012, with the tags of ScribbleSup.
  public static let voc = ClassList(
    unchecked: [
      "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
      "diningtable",
      "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ], tags: vocTags)

  /// The 60 classes of PASCAL-Context counting background, with the tags of its scribbles.
  public static let context = ClassList(
    unchecked: voc.names.map { $0 == "diningtable" ? "table" : $0 } + furtherContextClasses,
    tags: vocTags + furtherContextClasses)

  private static let vocTags = [
    "background", "plane", "bike", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "table", "dog",
    "horse",
    "motorbike", "person", "plant", "sheep", "sofa", "train", "monitor",
  ]

  private static let furtherContextClasses = [
    "bag", "bed", "bench", "book", "building", "cabinet", "ceiling", "cloth", "computer", "cup", "door", "fence",
    "floor",
    "flower", "food", "grass", "ground", "keyboard", "light", "mountain", "mouse", "curtain", "platform", "sign",
    "plate",
    "road", "rock", "shelves", "sidewalk", "sky", "snow", "bedclothes", "track", "tree", "truck", "wall", "water",
    "window", "wood",
  ]
}
