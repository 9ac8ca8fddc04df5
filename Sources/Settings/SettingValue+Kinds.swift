import Datasets
import Files
import Yams

/// Where the paths that settings hold lead to.
struct SettingPaths: Sendable {
  /// A path of a folder or file of its own, such as `data.root`.
  let own: @Sendable (String) -> String
  /// A path below `data.root`.
  let belowRoot: @Sendable (String) -> String

  /// As a settings file in `folder` means them; without a folder, as the command line does: relative to the current one.
  static func written(in folder: String?) -> SettingPaths {
    SettingPaths(
      own: { path in
        let path = Path.expandingHome(path)
        guard let folder, !path.hasPrefix("/") else { return path }
        return Path.simplified(Path.joined(folder, path))
      }, belowRoot: Path.expandingHome)
  }

  /// Absolute, so that they mean the same wherever they are read.
  static let absolute = SettingPaths(own: Path.absolute, belowRoot: { $0 })
}

extension SettingValue<String> {
  /// A path of its own.
  static func path(_ expectation: String) -> SettingValue { path(expectation) { $1.own($0) } }

  /// A path below `data.root`, or an absolute one.
  static func pathBelowRoot(_ expectation: String) -> SettingValue { path(expectation) { $1.belowRoot($0) } }

  private static func path(
    _ expectation: String, _ located: @escaping @Sendable (String, SettingPaths) -> String
  ) -> SettingValue {
    let text = SettingValue.text(expectation)
    return SettingValue(
      expectation: expectation, read: { node in text.read(node).flatMap { Path.isOfWindows($0) ? nil : $0 } },
      write: text.write, located: located,
      advice: { node in
        node.text.map(Path.isOfWindows) == true
          ? "; a path of Windows leads nowhere here: write it as this system has it, with / between folders" : nil
      })
  }
}

extension SettingValue {
  /// Values by names, `{a: 1, b: 2}`; `expectation` precedes that of a value.
  static func map<Element>(_ element: SettingValue<Element>, expectation: String) -> SettingValue
  where Value == [String: Element] {
    SettingValue(
      expectation: expectation + element.expectation,
      read: { node in
        if node.isNull { return [:] }
        guard let mapping = node.mapping else { return nil }
        var values: [String: Element] = [:]
        for (key, value) in mapping {
          guard let name = key.text, let value = element.read(value), values[name] == nil else { return nil }
          values[name] = value
        }
        return values
      },
      write: { values in
        let entries = values.sorted { $0.key < $1.key }.map { name, value in
          "\(quotedWhereNeeded(name)): \(element.write(value) ?? "null")"
        }
        return "{\(entries.joined(separator: ", "))}"
      })
  }
}

/// `{0: unlabelled, 1: cat}`: names of classes by the values of pixels.
let labelValues = SettingValue<LabelValues>(
  expectation: "names of classes, or \(LabelValues.unlabelled), by values from 0 to 255, as in {0: unlabelled, 1: cat}",
  read: { node in
    guard let mapping = node.mapping, !mapping.isEmpty else { return nil }
    var names: [UInt8: String] = [:]
    for (key, value) in mapping {
      guard let word = key.plainWord, let number = UInt8(word), let name = value.text, names[number] == nil else {
        return nil
      }
      names[number] = name
    }
    return LabelValues(names)
  },
  write: { values in
    let entries = values.names.sorted { $0.key < $1.key }.map { "\($0.key): \(quotedWhereNeeded($0.value))" }
    return "{\(entries.joined(separator: ", "))}"
  })

/// Text as YAML: plain where nothing in it could be read as anything else, in double quotes otherwise.
func quotedWhereNeeded(_ text: String) -> String {
  let isPlain = text.unicodeScalars.allSatisfy { isPlainLetter($0) || "0123456789-".unicodeScalars.contains($0) }
  let isWord = text.unicodeScalars.first.map(isPlainLetter) ?? false
  let meansOther = ["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased())
  if isPlain && isWord && !meansOther && !text.hasPrefix("...") { return text }
  return "\"\(text.unicodeScalars.map(quoted).joined())\""
}

private func isPlainLetter(_ scalar: Unicode.Scalar) -> Bool {
  ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || "_./".unicodeScalars.contains(scalar)
}

/// A character inside double quotes: itself where it is visible and has no meaning in YAML, escaped otherwise.
private func quoted(_ scalar: Unicode.Scalar) -> String {
  if "&[{?\"\\".unicodeScalars.contains(scalar) { return "\\x" + String(scalar.value, radix: 16) }
  switch scalar.properties.generalCategory {
  case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
    let digits = String(scalar.value, radix: 16)
    return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
  default: return String(scalar)
  }
}
