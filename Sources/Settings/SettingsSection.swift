import Files
import Yams

/// A group of settings, each declared once: reading, the check for unknown keys, writing and the reference follow.
package protocol SettingsSection: Sendable, Equatable {
  /// The declarations, in the order in which they are written.
  static var settings: [Setting<Self>] { get }
  /// Keys of which a document may give only one, because they set the same thing.
  static var alternatives: [[String]] { get }
}

/// A setting with two values, as they are written.
package struct SettingDifference {
  /// The full name.
  package var name: String
  package let old: String
  package let new: String
}

extension SettingsSection {
  package static var alternatives: [[String]] { [] }
}

/// The declaration of one setting, or of a section of settings, in `Owner`.
package struct Setting<Owner: Sendable>: Sendable {
  let key: String
  /// What it is for, in a sentence.
  let meaning: String
  /// Reads a node into the owner; `path` is the full name.
  let read: @Sendable (Node, String, SettingsDocument, inout Owner) throws(SettingsError) -> Void
  /// Takes the paths in it to where they lead.
  let locate: @Sendable (inout Owner, SettingPaths) -> Void
  /// The lines of YAML, without indentation.
  let write: @Sendable (Owner) -> [String]
  /// What differs between two owners, the first one's value as the old one.
  let differences: @Sendable (Owner, Owner) -> [SettingDifference]
  /// The expectation in words; nil for a section.
  let expectation: String?
  /// The default as it would be written, or in words.
  let defaultText: @Sendable (Owner) -> String
  /// The full names of what is inside a section, for suggestions.
  let names: [String]
  /// The Markdown table of a section.
  let reference: @Sendable (_ defaults: Owner, _ published: Owner) -> String?

  /// A setting kept at `keyPath`; `defaultText` replaces a default that depends on other settings.
  init<Value: Sendable>(
    _ key: String, _ keyPath: any WritableKeyPath<Owner, Value> & Sendable, _ value: SettingValue<Value>,
    _ meaning: String, defaultText: String? = nil
  ) {
    self.key = key
    self.meaning = meaning
    expectation = value.expectation
    names = [key]
    read = { (node, path, document, owner) throws(SettingsError) in
      guard let found = value.read(node) else {
        throw document.error(
          node, "\(path) is \(node.found), and must be \(value.expectation)\(value.advice(node) ?? "")")
      }
      owner[keyPath: keyPath] = document.paths.map { value.located(found, $0) } ?? found
    }
    locate = { owner, paths in owner[keyPath: keyPath] = value.located(owner[keyPath: keyPath], paths) }
    write = { owner in value.write(owner[keyPath: keyPath]).map { ["\(key): \($0)"] } ?? [] }
    differences = { old, new in
      let (before, after) = (value.write(old[keyPath: keyPath]), value.write(new[keyPath: keyPath]))
      return before == after
        ? [] : [SettingDifference(name: key, old: before ?? "not given", new: after ?? "not given")]
    }
    self.defaultText = { owner in defaultText ?? value.write(owner[keyPath: keyPath]).map { "`\($0)`" } ?? "" }
    reference = { _, _ in nil }
  }

  /// A section kept at `keyPath`.
  init<Section: SettingsSection>(
    _ key: String, section keyPath: any WritableKeyPath<Owner, Section> & Sendable, _ meaning: String
  ) {
    self.key = key
    self.meaning = meaning
    expectation = nil
    names = Section.settings.flatMap(\.names).map { "\(key).\($0)" }
    read = { (node, path, document, owner) throws(SettingsError) in
      try owner[keyPath: keyPath].read(node, path: path, from: document)
    }
    locate = { owner, paths in owner[keyPath: keyPath].locate(paths) }
    write = { owner in ["\(key):"] + owner[keyPath: keyPath].yamlLines.map { "  \($0)" } }
    differences = { old, new in
      new[keyPath: keyPath].valuesThatDiffer(from: old[keyPath: keyPath]).map {
        SettingDifference(name: "\(key).\($0.name)", old: $0.old, new: $0.new)
      }
    }
    defaultText = { _ in "" }
    reference = { defaults, published in
      Section.reference(defaults[keyPath: keyPath], published[keyPath: keyPath])
    }
  }
}

extension SettingsSection {
  /// Reads the settings that `node` gives and leaves the others as they are.
  ///
  /// `path` is the section's own name, empty at the top.
  mutating func read(_ node: Node, path: String, from document: SettingsDocument) throws(SettingsError) {
    if node.isNull { return }
    guard let mapping = node.mapping else {
      let name = path.isEmpty ? "the file" : path
      let advice = node.plainWord.flatMap(Self.adviceOnColon) ?? ""
      throw document.error(
        node, "\(name) is \(node.found), and must be a section of settings, one \"key: value\" per line\(advice)")
    }
    if let (key, word) = Self.valueWithComma(mapping) {
      let full = path.isEmpty ? key : "\(path).\(key)"
      let point = word.replacing(",", with: ".")
      throw document.error(
        node,
        "\(full) is \(shortened(word)), whose comma ends the value here; write a decimal point: \(shortened(point))")
    }
    var given: [String] = []
    for (keyNode, value) in mapping {
      let key = keyNode.scalar?.string ?? keyNode.found
      let full = path.isEmpty ? key : "\(path).\(key)"
      guard let setting = Self.settings.first(where: { $0.key == key }) else {
        throw document.error(keyNode, "\(shortened(full)) is not a setting\(Self.suggestion(for: key, path: path))")
      }
      try setting.read(value.marked(like: keyNode), full, document, &self)
      given.append(key)
    }
    for keys in Self.alternatives where keys.allSatisfy(given.contains) {
      let names = keys.map { path.isEmpty ? $0 : "\(path).\($0)" }.joined(separator: " and ")
      throw document.error(node, "\(names) are both given, and only one of them may be")
    }
  }

  /// The setting and the value where a decimal comma has made two entries of one, as in `{learning_rate: 0,001}`.
  private static func valueWithComma(_ mapping: Node.Mapping) -> (key: String, value: String)? {
    func isNumber(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } }
    for (before, after) in zip(mapping, mapping.dropFirst()) {
      guard after.value.isNull, let rest = after.key.plainWord, let key = before.key.plainWord,
        let first = before.value.plainWord, isNumber(String(rest.prefix { $0 != "e" && $0 != "E" })),
        isNumber(first.hasPrefix("-") ? String(first.dropFirst()) : first)
      else { continue }
      return (key, "\(first),\(rest)")
    }
    return nil
  }

  /// What is missing in "epochs:3".
  private static func adviceOnColon(_ text: String) -> String? {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, settings.contains(where: { $0.key == parts[0] }) else { return nil }
    return "; a blank is missing after the colon: write \(parts[0]): \(shortened(parts[1]))"
  }

  private static func suggestion(for key: String, path: String) -> String {
    if let advice = adviceOnColon(key) { return advice }
    let keys = settings.map(\.key)
    if let near = nearest(to: key, among: keys) { return "; did you mean \(near)?" }
    let elsewhere = ExperimentSettings.settings.flatMap(\.names).filter { name in
      name.split(separator: ".").last.map(String.init) == key
    }
    if let name = elsewhere.first { return "; did you mean \(name)?" }
    return "; \(path.isEmpty ? "the settings are" : "\(path) has") \(keys.joined(separator: ", "))"
  }

  /// Takes all paths to where they lead.
  mutating func locate(_ paths: SettingPaths) {
    for setting in Self.settings { setting.locate(&self, paths) }
  }

  /// The settings as lines of YAML in the order of their declaration.
  package var yamlLines: [String] { Self.settings.flatMap { $0.write(self) } }

  /// The settings that differ from older ones, in the order of their declaration: "training.epochs was 5, is 40".
  package func differences(from old: Self) -> [String] {
    valuesThatDiffer(from: old).map { "\($0.name) was \($0.old), is \($0.new)" }
  }

  /// The same with name and values apart.
  package func valuesThatDiffer(from old: Self) -> [SettingDifference] {
    Self.settings.flatMap { $0.differences(old, self) }
  }

  /// A Markdown table of the settings that stand in this section itself, with their defaults, and the published ones in brackets
  /// where they differ.
  package static func reference(_ defaults: Self, _ published: Self) -> String {
    let rows = settings.compactMap { setting -> String? in
      guard let expectation = setting.expectation else { return nil }
      let (own, other) = (setting.defaultText(defaults), setting.defaultText(published))
      let text = [own, own == other ? "" : other.isEmpty ? "(not given)" : "(\(other))"].filter { !$0.isEmpty }
      return "| `\(setting.key)` | \(expectation) | \(text.joined(separator: " ")) | \(setting.meaning) |"
    }
    return (["| Setting | Value | Default | Meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n")
  }
}

extension Node {
  /// The node with a position in the file: an empty value has its key's line.
  fileprivate func marked(like key: Node) -> Node {
    guard isNull, case .scalar(var scalar) = self else { return self }
    scalar.mark = key.mark
    return .scalar(scalar)
  }
}
