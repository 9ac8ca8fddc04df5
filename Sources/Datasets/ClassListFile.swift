import Foundation

/// The names in a class list file: plain, numbered, CVAT's labelmap.txt, or a single line with commas.
struct ClassListFile {
  /// Names in label order, background first.
  let names: [String]
  /// Names that may be meant otherwise, each a clause without a full stop.
  let doubts: [String]

  /// Reads the lines of a file: plain names in label order, or each with its label.
  ///
  /// Throws for lines of several forms, and of none.
  init(_ text: [String]) throws(ClassListError) {
    let labelMap = try ClassListFile.labelMap(text)
    let lines = text.filter { !$0.hasPrefix("#") }
    if let line = lines.first(where: { ClassListFile.isStructured($0) }) {
      throw ClassListError("has the line \"\(line.prefix(64))\"; plain text with one class per line was expected")
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
  /// Headings of a column of names.
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
        "has the line \"\(line.prefix(64))\" in a list of \"label:color_rgb:parts:actions\"; write one class per line")
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

  /// The lines with their labels; nil where they have none. A first line with the headings of two columns is skipped.
  private static func numbered(_ lines: [String]) throws(ClassListError) -> [NumberedLine]? {
    let all = lines.map(NumberedLine.init)
    if all.isEmpty { return nil }
    if all.allSatisfy({ $0 != nil }) { return all.compactMap { $0 } }
    let rest = all.dropFirst()
    if all[0] == nil, lines[0].contains(","), !rest.isEmpty, rest.allSatisfy({ $0?.hasSeparator == true }) {
      return rest.compactMap { $0 }
    }
    // "3 wheeler" may be a name among plain ones; "3: wheeler" is not.
    if let numbered = all.firstIndex(where: { $0?.hasSeparator == true && lines.count > 1 }),
      let other = all.firstIndex(where: { $0 == nil })
    {
      throw ClassListError(
        "has a label before the name in \"\(lines[numbered].prefix(64))\" and none in \"\(lines[other].prefix(64))\"; "
          + "write all classes in the same form")
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
            + "number the classes without gaps"
      )
    }
    return classes.map(\.name)
  }

  /// Plain names, one per line, or all in a single line with commas or semicolons between them.
  private static func separated(_ lines: [String]) throws(ClassListError) -> [String] {
    if lines.count == 1 {
      let separator: Character = lines[0].contains(";") ? ";" : ","
      return lines[0].split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let commas = lines.map { line in line.count { $0 == "," } }
    if let first = commas.first, first > 0, commas.allSatisfy({ $0 == first }) {
      throw ClassListError(
        "has \(first + 1) columns, as in \"\(lines[0].prefix(64))\"; write one class per line, or its label and its name"
      )
    }
    return lines
  }

  private static func doubts(_ names: [String]) -> [String] {
    var doubts: [String] = []
    if let first = names.first, headers.contains(first.lowercased()) {
      doubts.append("names class 0 \"\(first.prefix(64))\"; is that the heading of a column, which should be removed?")
    }
    if let label = names.dropFirst().firstIndex(where: { $0.lowercased() == "background" }) {
      doubts.append(
        "names class \(label) \"\(names[label])\", and class 0, \"\(names[0].prefix(64))\", is taken for the background; "
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

/// A line of a list of names that holds a number and a name: "3 bird", "3: bird", "3,bird" or "bird,3".
struct NumberedLine {
  let number: Int
  let name: String
  /// Whether they are separated by more than a blank.
  let hasSeparator: Bool

  private static let separators = CharacterSet(charactersIn: ":,;=\t")

  init(number: Int, name: String) { (self.number, self.name, hasSeparator) = (number, name, true) }

  /// Nil where the line is of another form.
  init?(_ line: String) {
    let sign = line.prefix { $0 == "-" }
    let digits = line.prefix(sign.count + line.dropFirst(sign.count).prefix { $0.isASCII && $0.isNumber }.count)
    let rest = line[digits.endIndex...]
    if let number = Int(digits), let next = rest.unicodeScalars.first {
      let isSeparated = Self.separators.contains(next)
      guard isSeparated || next.properties.isWhitespace else { return nil }
      let name = (isSeparated ? String(rest.unicodeScalars.dropFirst()) : String(rest))
        .trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return nil }
      (self.number, self.name, hasSeparator) = (number, name, isSeparated)
      return
    }
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard fields.count == 2, !fields[0].isEmpty, let number = Int(fields[1]) else { return nil }
    (self.number, self.name, hasSeparator) = (number, fields[0], true)
  }
}
