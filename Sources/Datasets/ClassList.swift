import Annotations
import Files
import Images

/// The classes of a data set in label order: class 0 is the background.
public struct ClassList: Sendable, Equatable {
  /// Names in reports and messages.
  public let names: [String]
  /// Names in annotations, one for each class.
  public let tags: [String]
  /// Colours that a file gives to classes, by label.
  public private(set) var ownColors: [Int: Color] = [:]

  /// Number of classes counting background: C.
  public var count: Int { names.count }

  /// The names of each class in annotations: its tag, or its name.
  package var scribbleTags: ClassTags { ClassTags(tags, aliases: names) }

  /// Classes from their names, and their tags where these differ.
  public init(_ names: [String], tags: [String]? = nil) throws(ClassListError) {
    let tags = tags ?? names
    guard 2...ClassList.mostClasses ~= names.count else {
      throw ClassListError(
        "\(names.count) \(names.count == 1 ? "class" : "classes") given, 2 to \(ClassList.mostClasses) counting background are "
          + "possible; write one per line")
    }
    guard tags.count == names.count else {
      throw ClassListError("\(tags.count) tags given for \(names.count) classes; give one tag for each class")
    }
    for list in [names, tags] {
      if let index = list.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
        throw ClassListError("class \(index) has no name")
      }
      if let index = list.firstIndex(where: ClassList.hasControlCharacter) {
        throw ClassListError("the name of class \(index) contains a control character; type it again")
      }
      if let name = ClassList.repeated(in: list) {
        throw ClassListError("two classes are named \"\(name.prefix(64))\"")
      }
    }
    (self.names, self.tags) = (names, tags)
  }

  /// Reads a file with one class per line: names in label order, or each after its label ("0 background",
  /// "0: background"). A colour may follow the name ("1 leaf #30C650").
  ///
  /// Lines for label 255, or with the name "void" or LabelMe's "__ignore__", are skipped, as are empty lines and those
  /// that begin with "#". Where labels begin with 1, label 0 is the background. CVAT's labelmap.txt and a single line
  /// with commas are read too. The names of `voc` and `context` bring their tags with them.
  public init(contentsOf path: String) throws(FileError) { self = try ClassList.read(path).classes }

  /// The same with warnings about names that may be meant otherwise.
  public static func read(_ path: String) throws(FileError) -> (classes: ClassList, warnings: [FileWarning]) {
    let colors: ClassColors
    do {
      colors = try ClassColors(path)
    } catch {
      throw error.expecting("the names of the classes, one per line, background first,")
    }
    do throws(ClassListError) {
      let file = try ClassListFile(colors.lines)
      let known = [ClassList.voc, .context].first { $0.names == file.names }
      var classes = try ClassList(file.names, tags: known?.tags)
      classes.ownColors = colors.byLabel(file.names)
      return (classes, file.doubts.map { FileWarning(path, $0) })
    } catch {
      throw .invalid(path, error.problem)
    }
  }

  /// More labels would leave none for "unlabelled" below `Label.ignored`.
  private static let mostClasses = 254

  /// Stands for the classes where their names could not be read: the largest number of classes, without names.
  package static let unknown: ClassList = {
    let names = (0..<mostClasses).map { "class \($0)" }
    return ClassList(unchecked: names, tags: names)
  }()

  private init(unchecked names: [String], tags: [String]) { (self.names, self.tags) = (names, tags) }

  private static func hasControlCharacter(_ name: String) -> Bool {
    name.unicodeScalars.contains { $0.properties.generalCategory == .control }
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
      "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ], tags: vocTags)

  /// The 60 classes of PASCAL-Context counting background, with the tags of its scribbles.
  public static let context = ClassList(
    unchecked: voc.names.map { $0 == "diningtable" ? "table" : $0 } + furtherContextClasses,
    tags: vocTags + furtherContextClasses)

  private static let vocTags = [
    "background", "plane", "bike", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "table", "dog",
    "horse", "motorbike", "person", "plant", "sheep", "sofa", "train", "monitor",
  ]

  private static let furtherContextClasses = [
    "bag", "bed", "bench", "book", "building", "cabinet", "ceiling", "cloth", "computer", "cup", "door", "fence",
    "floor", "flower", "food", "grass", "ground", "keyboard", "light", "mountain", "mouse", "curtain", "platform",
    "sign", "plate", "road", "rock", "shelves", "sidewalk", "sky", "snow", "bedclothes", "track", "tree", "truck",
    "wall", "water", "window", "wood",
  ]
}

/// An invalid class list: too few, too many, empty or repeated names.
public struct ClassListError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Why it is invalid, without a full stop.
  public let problem: String

  public init(_ problem: String) { self.problem = problem }

  public var description: String { "The class list: \(problem)." }
}

/// The lines of a class list file, and the colours at their ends.
struct ClassColors {
  /// The lines without their colours.
  let lines: [String]
  private var colors: [(line: String, color: Color)] = []

  /// Reads "leaf #30C650", "1 leaf #30C650" and lines without a colour: the last word is a colour if it begins with
  /// "#".
  init(_ path: String) throws(FileError) {
    var lines: [String] = []
    var known: [Color: String] = [:]
    for (number, text) in try InputFile.text(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let words = text.split(whereSeparator: \.isWhitespace)
      guard let last = words.last else { continue }
      let line = text.trimming()
      if words.count == 1 || !last.hasPrefix("#") || words[0].hasPrefix("#") {
        lines.append(line)
        continue
      }
      guard let color = Color(hex: String(last)) else {
        throw .invalid(
          path, "line \(number + 1): \"\(last.prefix(32))\" is no colour; # and six digits as in #30C650 were expected")
      }
      let name = String(line.dropLast(last.count)).trimming()
      if Int(name) != nil {
        throw .invalid(path, "line \(number + 1): has a colour and no name; a name was expected before \(color.hex)")
      }
      if let other = known.updateValue(name, forKey: color) {
        throw .invalid(
          path, "line \(number + 1): \(color.hex) is the colour of \"\(other)\" already; give each class its own")
      }
      lines.append(name)
      colors.append((name, color))
    }
    self.lines = lines
  }

  /// Colours by label; those of lines without a class, such as void, are left out.
  func byLabel(_ names: [String]) -> [Int: Color] {
    var result: [Int: Color] = [:]
    for (line, color) in colors {
      let isNumbered = !names.contains(line)
      let name = isNumbered ? NumberedLine(line)?.name ?? line : line
      if let label = names.firstIndex(of: name) { result[label] = color }
    }
    return result
  }
}

extension StringProtocol {
  fileprivate func trimming() -> String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}

extension ClassList {
  /// The colours of the classes in pictures and palettes: their own, and for others those of PASCAL VOC where the names
  /// are those of `voc` or `context`, and `ColorMap.bright` elsewhere.
  public var colors: ColorMap { Self.colors(of: names, ownColors) }

  /// The colours of classes of these names, some of which may have their own, by label.
  public static func colors(of names: [String], _ own: [Int: Color] = [:]) -> ColorMap {
    let defaults = [voc.names, context.names].contains(names) ? ColorMap.voc : .bright
    return defaults.replacing(own, classCount: names.count)
  }

  /// Colours for a number of classes without names: weights without names are the published ones, for PASCAL VOC and
  /// PASCAL-Context.
  public static func colors(ofUnnamed count: Int) -> ColorMap {
    [voc.count, context.count].contains(count) ? .voc : .bright
  }
}
