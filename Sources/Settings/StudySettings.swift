import Yams

/// A study as its file describes it: settings to start from, cells that change some of them, and seeds.
package struct StudySettings: SettingsSection {
  /// Default the file's name without its extension.
  package var name = ""
  /// The folder of the results; default `runs/` with the name.
  package var output = ""
  /// The settings file that all cells start from.
  var base = ""
  package var seeds = [0, 1, 2]
  /// What all cells set.
  var set: [StudyValue] = []
  /// Values by paths of settings, all combinations of which are cells.
  var grid: [StudyAxis] = []
  /// Cells by their names.
  var cells: [StudyNamedCell] = []
  /// Name of the cell that the others are compared with; nil for the first.
  var reference: String?
  /// The most training images on which IoU by distance to the scribbles is computed; 0 for none.
  package var distanceImages = 100

  package init() {}

  package static let settings: [Setting<StudySettings>] = [
    Setting(
      "name", \.name, .text("a name without slashes").mapped({ $0.contains("/") ? nil : $0 }, back: { $0 }),
      "Name of the study.", defaultText: "the file's name"),
    Setting(
      "output", \.output, .path("the path of a folder"), "Folder of the runs and the report.",
      defaultText: "`runs/` and the name, in the current folder"),
    Setting(
      "base", \.base, .path("the path of a settings file"), "Settings that all cells start from.",
      defaultText: "must be given"),
    Setting("seeds", \.seeds, seeds, "Seeds of the runs of each cell."),
    Setting("set", \.set, .changes, "Settings of all cells.", defaultText: "none"),
    Setting(
      "grid", \.grid, .axes, "Values of settings, all combinations of which are cells, the first setting slowest.",
      defaultText: "none"),
    Setting(
      "cells", \.cells, .named, "Cells by their names; with `grid`, each is combined with all its cells.",
      defaultText: "none"),
    Setting(
      "reference", \.reference, .optional(.text("the name of a cell")), "Cell that the others are compared with.",
      defaultText: "the first cell"),
    Setting(
      "distance_images", \.distanceImages, .whole(0...100_000),
      "Training images, spread evenly over their list, on which IoU by distance to the scribbles is computed; 0 leaves "
        + "it out."),
  ]

  private static let seeds = SettingValue<[Int]>.list(.whole(0...Int.max), count: 1...1000, of: "different seeds")
    .mapped({ Set($0).count == $0.count ? $0 : nil }, back: { $0 })
}

/// A value for a setting, as a study's file gives it.
package struct StudyValue: Sendable, Equatable {
  /// The setting's path, such as "loss.blp".
  package let key: String
  /// The value as YAML on one line.
  package let text: String
  /// Where it stands in the file; 0 where that is not known.
  let line: Int
}

/// The values of one setting in a grid.
struct StudyAxis: Sendable, Equatable {
  /// Never empty.
  let values: [StudyValue]
}

/// A cell with a name of its own.
struct StudyNamedCell: Sendable, Equatable {
  let name: String
  let values: [StudyValue]
}

extension SettingValue<[StudyValue]> {
  /// Values by paths of settings.
  fileprivate static let changes = SettingValue(
    expectation: "values by paths of settings, as in {training.epochs: 5}",
    read: { node in
      if node.isNull { return [] }
      guard let mapping = node.mapping else { return nil }
      let values = mapping.compactMap { key, value in key.text.map { StudyValue($0, value, beside: key) } }
      return values.count == mapping.count ? values : nil
    },
    write: { values in "{\(values.map { "\($0.key): \($0.text)" }.joined(separator: ", "))}" })
}

extension SettingValue<[StudyAxis]> {
  /// Lists of values by paths of settings.
  fileprivate static let axes = SettingValue(
    expectation: "lists of values by paths of settings, as in {loss.blp: [0, 1]}",
    read: { node in
      guard let mapping = node.mapping, !mapping.isEmpty else { return nil }
      let axes = mapping.compactMap { key, list -> StudyAxis? in
        guard let key = key.text.map({ ($0, key) }), let list = list.sequence, !list.isEmpty else { return nil }
        return StudyAxis(values: list.map { StudyValue(key.0, $0, beside: key.1) })
      }
      return axes.count == mapping.count ? axes : nil
    },
    write: { axes in
      let lists = axes.map { "\($0.values[0].key): [\($0.values.map(\.text).joined(separator: ", "))]" }
      return "{\(lists.joined(separator: ", "))}"
    },
    advice: { node in
      guard let mapping = node.mapping else { return nil }
      if mapping.isEmpty { return "; it is empty" }
      let odd = mapping.first { $0.value.sequence?.isEmpty ?? true }
      return odd.map { "; \(shortened($0.key.text ?? $0.key.found)) is \($0.value.found)" }
    })
}

extension SettingValue<[StudyNamedCell]> {
  /// Values by paths of settings, by names of cells.
  fileprivate static let named = SettingValue(
    expectation: "settings by names of cells, as in {published: {}, without: {loss.blp: 0}}",
    read: { node in
      guard let mapping = node.mapping, !mapping.isEmpty else { return nil }
      let cells = mapping.compactMap { name, value -> StudyNamedCell? in
        guard let name = name.text, let values = SettingValue<[StudyValue]>.changes.read(value) else { return nil }
        return StudyNamedCell(name: name, values: values)
      }
      return cells.count == mapping.count ? cells : nil
    },
    write: { cells in
      let texts = cells.map {
        "\(quotedWhereNeeded($0.name)): \(SettingValue<[StudyValue]>.changes.write($0.values) ?? "")"
      }
      return "{\(texts.joined(separator: ", "))}"
    },
    advice: { node in
      guard let mapping = node.mapping else { return nil }
      if mapping.isEmpty { return "; it is empty" }
      let odd = mapping.first { SettingValue<[StudyValue]>.changes.read($0.value) == nil }
      return odd.map { "; \(shortened($0.key.text ?? $0.key.found)) is \($0.value.found)" }
    })
}

extension StudyValue {
  fileprivate init(_ key: String, _ node: Node, beside keyNode: Node) {
    self.key = key
    text = node.flowText
    line = node.mark?.line ?? keyNode.mark?.line ?? 0
  }
}

extension Node {
  /// The node as YAML on one line, read back as the same.
  fileprivate var flowText: String {
    switch self {
    case .scalar(let scalar):
      if isNull { return "null" }
      let isPlain = scalar.style == .plain && !scalar.string.contains { ",[]{}:#".contains($0) || $0.isNewline }
      return isPlain ? scalar.string : quotedWhereNeeded(scalar.string)
    case .sequence(let nodes): return "[\(nodes.map(\.flowText).joined(separator: ", "))]"
    case .mapping(let mapping):
      return "{\(mapping.map { "\($0.key.flowText): \($0.value.flowText)" }.joined(separator: ", "))}"
    case .alias: return "null"
    }
  }
}
