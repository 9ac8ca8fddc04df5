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
  /// Values by keys, `{a: 1, b: 2}`, written in the order of the keys.
  static func map<Key: Hashable & Comparable, Element>(
    _ key: SettingValue<Key>, _ element: SettingValue<Element>, expectation: String
  ) -> SettingValue where Value == [Key: Element] {
    SettingValue(
      expectation: expectation,
      read: { node in
        if node.isNull { return [:] }
        guard let mapping = node.mapping else { return nil }
        var values: [Key: Element] = [:]
        for (keyNode, valueNode) in mapping {
          guard let key = key.read(keyNode), let value = element.read(valueNode), values[key] == nil else { return nil }
          values[key] = value
        }
        return values
      },
      write: { values in
        let entries = values.sorted { $0.key < $1.key }.map { name, value in
          "\(key.write(name) ?? ""): \(element.write(value) ?? "null")"
        }
        return "{\(entries.joined(separator: ", "))}"
      })
  }
}

/// `{0: unlabelled, 1: cat}`: names of classes by the values of pixels.
let labelValues = SettingValue<[Int: String]>.map(
  .whole(0...255), .text("a name"),
  expectation: "names of classes, or \(LabelValues.unlabelled), by values from 0 to 255, as in {0: unlabelled, 1: cat}"
)
.mapped(
  { names in
    names.isEmpty ? nil : LabelValues(Dictionary(uniqueKeysWithValues: names.map { (UInt8($0.key), $0.value) }))
  },
  back: { values in Dictionary(uniqueKeysWithValues: values.names.map { (Int($0.key), $0.value) }) })

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
