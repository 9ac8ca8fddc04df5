import Files

/// One cell of a study: a name, and the settings of its runs.
package struct StudyCell: Sendable, Equatable {
  /// Such as "blp=0, local_aggregation=false", or the name that the file gives.
  package let name: String
  /// The name as a folder may have it, different for each cell.
  package let folder: String
  /// What the cell sets on top of the base, in order; of two values of a setting the later one counts.
  package let given: [StudyValue]
  /// Those of its runs but for `name`, `output` and `seed`.
  package let settings: ExperimentSettings
}

extension StudySettings {
  /// More cells are taken for a mistake.
  private static let largestCount = 1000
  /// What the study decides itself, with what is to be set in its place.
  private static let reserved = ["name": "name", "output": "output", "seed": "seeds"]

  /// A study's file and its cells, whose settings are all read, and the index of the reference.
  ///
  /// Throws a `FileError` for a file that cannot be read, and a `SettingsError`, with the line and the name of the cell,
  /// for a setting that cannot be used, a name or settings that two cells share, and an unknown reference.
  package static func load(_ path: String) throws -> (study: StudySettings, cells: [StudyCell], reference: Int) {
    let document = try SettingsDocument(contentsOf: path)
    var study = StudySettings()
    if let root = document.root { try study.read(root, path: "", from: document) }
    if study.name.isEmpty { study.name = Path.stem(of: path) }
    if study.output.isEmpty { study.output = "runs/\(study.name)" }
    func failure(_ problem: String) -> SettingsError { SettingsError(source: path, problem: problem) }
    guard !study.base.isEmpty else {
      throw failure("base is missing; name the settings file that all cells start from, as in base: demo.yaml")
    }
    let combinations = try study.combinations(path)
    let base = try SettingsDocument(contentsOf: study.base)
    let cells = try combinations.map { name, values in try study.cell(name, values, on: base, path) }
    try requireDifferent(cells, path)
    guard let wanted = study.reference else { return (study, cells, 0) }
    guard let index = cells.firstIndex(where: { $0.name == wanted }) else {
      let near = nearest(to: wanted, among: cells.map(\.name)).map { "; did you mean \($0)?" }
      let names = cells.prefix(20).map(\.name).joined(separator: "; ")
      throw failure("reference is \(shortened(wanted)), which is no cell\(near ?? "; the cells are \(names)")")
    }
    return (study, cells, index)
  }

  /// The names and values of all cells in their order.
  private func combinations(_ path: String) throws(SettingsError) -> [(name: String, values: [StudyValue])] {
    func failure(_ problem: String, _ line: Int? = nil) -> SettingsError {
      SettingsError(source: path, line: line, problem: problem)
    }
    guard !grid.isEmpty || !cells.isEmpty else {
      throw failure("neither grid nor cells is given, and a study needs one of them, as in grid: {loss.blp: [0, 1]}")
    }
    let count = grid.reduce(max(1, cells.count)) { min($0 * $1.values.count, Self.largestCount + 1) }
    guard count <= Self.largestCount else {
      throw failure("grid and cells have more than \(Self.largestCount) combinations; give fewer values")
    }
    for value in set + cells.flatMap(\.values) + grid.flatMap(\.values) {
      guard let own = Self.reserved[value.key] else { continue }
      throw failure("\(value.key) is set by the study for each run; use \(own) of the study itself", value.line)
    }
    for cell in cells {
      for value in cell.values where grid.contains(where: { $0.values[0].key == value.key }) {
        throw failure("\(value.key) is given by cell \(shortened(cell.name)) and by grid; keep one of them", value.line)
      }
    }
    // A key's last part names it, unless two keys share that.
    let keys = grid.map { $0.values[0].key }
    let ends = keys.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
    let labels = zip(keys, ends).map { key, end in ends.count { $0 == end } > 1 ? key : end }
    var points: [(names: [String], values: [StudyValue])] =
      cells.isEmpty ? [([], [])] : cells.map { ([$0.name], $0.values) }
    for (axis, label) in zip(grid, labels) {
      points = points.flatMap { point in
        axis.values.map { (point.names + ["\(label)=\(unquoted($0.text))"], point.values + [$0]) }
      }
    }
    return points.map { ($0.names.joined(separator: ", "), set + $0.values) }
  }

  private func cell(
    _ name: String, _ values: [StudyValue], on base: SettingsDocument, _ path: String
  ) throws -> StudyCell {
    do {
      let documents = try values.map { value throws(SettingsError) in try SettingsDocument(value, of: path) }
      let settings = try ExperimentSettings.load(base, self.base, laying: documents)
      return StudyCell(name: name, folder: Self.folderName(name), given: values, settings: settings)
    } catch let error as SettingsError {
      throw SettingsError(
        source: error.source, line: error.line, problem: "in cell \(shortened(name)), \(error.problem)")
    }
  }

  private static func requireDifferent(_ cells: [StudyCell], _ path: String) throws(SettingsError) {
    for (index, cell) in cells.enumerated() {
      for other in cells[..<index] {
        let problem: String? =
          if cell.name == other.name {
            "two cells are named \(shortened(cell.name)); give each value once, or name the cells in cells"
          } else if cell.settings == other.settings {
            "cells \(shortened(other.name)) and \(shortened(cell.name)) have the same settings; leave one of them out"
          } else if cell.folder == other.folder {
            "cells \(shortened(other.name)) and \(shortened(cell.name)) would share the folder \(cell.folder); rename one"
          } else {
            nil
          }
        if let problem { throw SettingsError(source: path, problem: problem) }
      }
    }
  }

  /// Letters, digits and ".=_-" of a name; where others were replaced or cut off, a number made of the name follows, so
  /// that different names have different folders.
  static func folderName(_ name: String) -> String {
    let parts = name.replacing(", ", with: "_")
    let safe = String(
      parts.map { letter in
        letter.isASCII && (letter.isLetter || letter.isNumber || "=._-".contains(letter)) ? letter : "-"
      }.prefix(80))
    let isWhole = safe == parts && safe.first != "." && safe.first != "-"
    return isWhole ? safe : "cell-\(safe)-\(String(hash(name), radix: 16))"
  }

  /// FNV-1a in 32 bits, the same on every machine.
  private static func hash(_ text: String) -> UInt32 {
    text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }

  /// The text between double quotes, as people write names.
  private func unquoted(_ text: String) -> String {
    text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
  }
}

extension SettingsDocument {
  /// What a value of the study in the file at `path` sets, at its line there.
  fileprivate init(_ value: StudyValue, of path: String) throws(SettingsError) {
    let keys = value.key.split(separator: ".", omittingEmptySubsequences: false).map { quotedWhereNeeded(String($0)) }
    let nested = keys.reversed().reduce(value.text) { text, key in "{\(key): \(text)}" }
    // Empty lines before it make the parser count as in the file.
    let yaml = String(repeating: "\n", count: max(0, value.line - 1)) + nested
    let parsed = try SettingsDocument(yaml: yaml, source: path)
    source = path
    paths = .written(in: Path.folder(of: path))
    isFile = true
    root = parsed.root
  }
}
