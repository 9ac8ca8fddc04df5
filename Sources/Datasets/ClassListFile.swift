import Files

/// The names in a file of classes, in the forms in which such files come.
struct ClassListFile {
  /// Names in label order, background first.
  let names: [String]
  /// What is odd about them, each a clause without a full stop.
  let doubts: [String]

  /// Reads the lines of a file: plain names in label order, or each with its label.
  ///
  /// Throws where they are of several forms, or of none.
  init(_ text: [String]) throws(ClassListError) {
    let labelMap = try ClassListFile.labelMap(text)
    let lines = text.filter { !$0.hasPrefix("#") }
    if let line = lines.first(where: { ClassListFile.isStructured($0) }) {
      throw ClassListError("has the line \"\(line.prefix(64))\"; plain text with one class a line was expected")
    }
    let found: [String]
    if let labelMap {
      found = labelMap
    } else if let numbered = try ClassListFile.numbered(lines) {
      found = try ClassListFile.inLabelOrder(numbered)
    } else {
      found = try ClassListFile.separated(lines)
    }
    names = found.filter { !ClassListFile.voidNames.contains($0.lowercased()) }
      .map { $0 == ClassListFile.labelMeBackground ? "background" : $0 }
    doubts = ClassListFile.doubts(names)
  }

  /// LabelMe's list calls void `__ignore__`.
  private static let voidNames: Set<String> = ["void", "__ignore__"]
  private static let labelMeBackground = "_background_"
  /// What stands over a column of names.
  private static let headers: Set<String> = ["name", "names", "class", "classes", "label", "labels", "category"]

  /// A line of JSON, XML or YAML.
  private static func isStructured(_ line: String) -> Bool {
    line.first.map { "{}[]<".contains($0) } ?? false || line.hasPrefix("- ")
      || ["names:", "classes:", "labels:", "---"].contains(line)
  }

  /// The names in a labelmap.txt of CVAT, `name:red,green,blue:parts:actions`; nil for another file.
  private static func labelMap(_ lines: [String]) throws(ClassListError) -> [String]? {
    let isHeader = { (line: String) in line.hasPrefix("#") && line.contains("label:color") }
    let entries = lines.filter { !$0.hasPrefix("#") }
    let names = entries.map(labelMapName)
    guard lines.contains(where: isHeader) || (!names.isEmpty && names.allSatisfy { $0 != nil }) else { return nil }
    for (line, name) in zip(entries, names) where name == nil {
      throw ClassListError(
        "has the line \"\(line.prefix(64))\" in a list of \"label:color_rgb:parts:actions\"; write one class a line")
    }
    return names.compactMap { $0 }
  }

  private static func labelMapName(_ line: String) -> String? {
    let fields = line.split(separator: ":", omittingEmptySubsequences: false)
    guard fields.count >= 4 else { return nil }
    let color = fields[fields.count - 3].split(separator: ",", omittingEmptySubsequences: false)
    guard color == [""] || (color.count == 3 && color.allSatisfy { UInt8($0) != nil }) else { return nil }
    return fields.dropLast(3).joined(separator: ":")
  }

  /// The lines with their labels; nil where they have none. A first line that heads two columns is passed over.
  private static func numbered(_ lines: [String]) throws(ClassListError) -> [NumberedLine]? {
    let all = lines.map(NumberedLine.init)
    if all.isEmpty { return nil }
    if all.allSatisfy({ $0 != nil }) { return all.compactMap { $0 } }
    let rest = all.dropFirst()
    if all[0] == nil, lines[0].contains(","), !rest.isEmpty, rest.allSatisfy({ $0?.hasSeparator == true }) {
      return rest.compactMap { $0 }
    }
    // "3 wheeler" may be a name among plain ones; "3: wheeler" is not.
    if let place = all.firstIndex(where: { $0?.hasSeparator == true && lines.count > 1 }),
      let other = all.firstIndex(where: { $0 == nil })
    {
      throw ClassListError(
        "has a label before the name in \"\(lines[place].prefix(64))\" and none in \"\(lines[other].prefix(64))\"; "
          + "write all classes in one way")
    }
    return nil
  }

  private static func inLabelOrder(_ lines: [NumberedLine]) throws(ClassListError) -> [String] {
    var classes = lines.filter { $0.number != 255 && !voidNames.contains($0.name.lowercased()) }
      .sorted { $0.number < $1.number }
    if classes.first?.number == 1 { classes.insert(NumberedLine(number: 0, name: "background"), at: 0) }
    for (expected, line) in classes.enumerated() where line.number != expected {
      throw ClassListError(
        expected == 0
          ? "begins with label \(line.number), label 0 was expected; add a line \"0 background\""
          : "label \(expected) was expected and \(line.number) (\"\(line.name.prefix(64))\") found; "
            + "number the classes without holes"
      )
    }
    return classes.map(\.name)
  }

  /// Plain names, one a line; a single line may hold all of them with commas or semicolons between.
  private static func separated(_ lines: [String]) throws(ClassListError) -> [String] {
    if lines.count == 1 {
      let separator: Character = lines[0].contains(";") ? ";" : ","
      return lines[0].split(separator: separator).map { trimmed($0) }
    }
    let commas = lines.map { line in line.count { $0 == "," } }
    if let first = commas.first, first > 0, commas.allSatisfy({ $0 == first }) {
      throw ClassListError(
        "has \(first + 1) columns, as in \"\(lines[0].prefix(64))\"; write one class a line, or its label and its name")
    }
    return lines
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  private static func doubts(_ names: [String]) -> [String] {
    var doubts: [String] = []
    if let first = names.first, headers.contains(first.lowercased()) {
      doubts.append("names class 0 \"\(first.prefix(64))\"; is that the heading of a column, which should be removed?")
    }
    if let place = names.dropFirst().firstIndex(where: { $0.lowercased() == "background" }) {
      doubts.append(
        "names class \(place) \"\(names[place])\", and class 0, \"\(names[0].prefix(64))\", is taken for the background; "
          + "should the background come first?")
    }
    var seen: [String: String] = [:]
    for name in names {
      if let other = seen.updateValue(name, forKey: name.lowercased()), other != name {
        doubts.append("names the classes \"\(other.prefix(64))\" and \"\(name.prefix(64))\"; are they one class?")
      }
    }
    return doubts
  }
}
