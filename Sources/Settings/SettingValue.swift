import Foundation
import Yams

/// What may stand behind a key: how it is read, written and described.
struct SettingValue<Value: Sendable>: Sendable {
  /// The expectation in words, such as "a whole number from 1 to 64".
  let expectation: String
  /// The value that a node holds; nil when it holds none such.
  let read: @Sendable (Node) -> Value?
  /// The value as YAML on one line; nil leaves the key out.
  let write: @Sendable (Value) -> String?
  /// The value with the paths in it where they lead to.
  var located: @Sendable (Value, SettingPaths) -> Value = { value, _ in value }
  /// What was probably meant by a node that holds no such value, as the end of a sentence: "; did you mean cuda?".
  var advice: @Sendable (Node) -> String? = { _ in nil }
}

extension SettingValue<Bool> {
  static let flag = SettingValue(
    expectation: "true or false",
    read: { node in
      switch node.plainWord {
      case "true": true
      case "false": false
      default: nil
      }
    },
    write: { $0 ? "true" : "false" })
}

extension SettingValue<Int> {
  static func whole(_ range: ClosedRange<Int>) -> SettingValue {
    let limits = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(words(range))"
    return SettingValue(
      expectation: "a whole number \(limits)",
      read: { node in node.plainWord.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil } },
      write: { String($0) })
  }

  private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }
}

extension SettingValue<Double> {
  static func number(_ range: ClosedRange<Double>) -> SettingValue {
    SettingValue(
      expectation: "a number from \(written(range.lowerBound)) to \(written(range.upperBound))",
      read: { node in number(node).flatMap { range.contains($0) ? $0 : nil } },
      write: { written($0) }, advice: decimalPoint)
  }

  /// A number above `lower`, up to and including `upper`.
  static func number(above lower: Double, to upper: Double) -> SettingValue {
    SettingValue(
      expectation: "a number above \(written(lower)), up to \(written(upper))",
      read: { node in number(node).flatMap { $0 > lower && $0 <= upper ? $0 : nil } },
      write: { written($0) }, advice: decimalPoint)
  }

  /// A number from `lower`, below `upper`.
  static func number(_ lower: Double, below upper: Double) -> SettingValue {
    SettingValue(
      expectation: "a number from \(written(lower)), below \(written(upper))",
      read: { node in number(node).flatMap { $0 >= lower && $0 < upper ? $0 : nil } },
      write: { written($0) }, advice: decimalPoint)
  }

  /// What to write in place of "0,001".
  private static func decimalPoint(_ node: Node) -> String? {
    guard let word = node.plainWord else { return nil }
    let parts = word.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, Double(parts.joined(separator: ".")) != nil else { return nil }
    return "; write a decimal point: \(parts.joined(separator: "."))"
  }

  /// Decimal numbers only: neither "nan" nor "0x1p3".
  private static func number(_ node: Node) -> Double? {
    guard let word = node.plainWord, word.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
      let value = Double(word), value.isFinite
    else { return nil }
    return value
  }

  private static func written(_ value: Double) -> String {
    if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
    return "\(value)".replacingOccurrences(of: "e-0", with: "e-")
  }
}

extension SettingValue<String> {
  /// Text that is not empty and fits on one line.
  static func text(_ expectation: String) -> SettingValue {
    SettingValue(
      expectation: expectation,
      read: { node in node.text },
      write: { quotedWhereNeeded($0) })
  }
}

extension SettingValue {
  /// One of the words that an enumeration's raw values are.
  static func choice(_ type: Value.Type) -> SettingValue
  where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    choice(of: Array(type.allCases), named: \.rawValue)
  }

  /// One of some values, by their names.
  static func choice(of values: [Value], named name: @escaping @Sendable (Value) -> String) -> SettingValue {
    SettingValue(
      expectation: "one of \(values.map(name).joined(separator: ", "))",
      read: { node in node.text.flatMap { text in values.first { name($0) == text } } },
      write: { name($0) })
  }

  /// A value, or null.
  static func optional<Wrapped>(_ wrapped: SettingValue<Wrapped>) -> SettingValue where Value == Wrapped? {
    SettingValue(
      expectation: "\(wrapped.expectation), or null",
      read: { node in
        if node.isNull { return .some(nil) }
        return node.meansNull ? nil : wrapped.read(node).map { .some($0) }
      },
      write: { value in value.map(wrapped.write) ?? "null" },
      located: { value, paths in value.map { wrapped.located($0, paths) } },
      advice: { node in node.meansNull ? "; write null where there is none" : wrapped.advice(node) })
  }

  /// One of two keys for the same thing: nil, and not written, while the other one holds.
  static func alternative<Wrapped>(_ wrapped: SettingValue<Wrapped>) -> SettingValue where Value == Wrapped? {
    SettingValue(
      expectation: wrapped.expectation,
      read: { node in wrapped.read(node).map { .some($0) } },
      write: { value in value.flatMap(wrapped.write) }, advice: wrapped.advice)
  }

  /// A list of values on one line.
  static func list<Element>(_ element: SettingValue<Element>, count: ClosedRange<Int>, of things: String)
    -> SettingValue
  where Value == [Element] {
    SettingValue(
      expectation: "a list of \(things), each \(element.expectation)",
      read: { node in
        guard let nodes = node.sequence, count.contains(nodes.count) else { return nil }
        let values = nodes.compactMap(element.read)
        return values.count == nodes.count ? values : nil
      },
      write: { "[\($0.compactMap(element.write).joined(separator: ", "))]" })
  }

  /// The same YAML read as another type; `build` returns nil for what does not fit.
  func mapped<Other>(
    expectation: String? = nil, _ build: @escaping @Sendable (Value) -> Other?,
    back: @escaping @Sendable (Other) -> Value,
    located: @escaping @Sendable (Other, SettingPaths) -> Other = { value, _ in value },
    advice: (@Sendable (Node) -> String?)? = nil
  ) -> SettingValue<Other> {
    SettingValue<Other>(
      expectation: expectation ?? self.expectation,
      read: { node in read(node).flatMap(build) },
      write: { write(back($0)) }, located: located, advice: advice ?? self.advice)
  }
}

extension Node {
  /// The word of an unquoted scalar.
  var plainWord: String? {
    guard let scalar, scalar.style == .plain, !isNull else { return nil }
    return scalar.string
  }

  /// Whether nothing, `null` or `~` stands here.
  var isNull: Bool {
    guard let scalar, scalar.style == .plain else { return false }
    return ["", "~", "null"].contains(scalar.string)
  }

  /// Whether it is an unquoted word for nothing that YAML does not read so.
  var meansNull: Bool {
    guard let word = plainWord?.lowercased() else { return false }
    return ["none", "nil", "null", "no", "off", "false", "nothing", "-"].contains(word)
  }

  /// A scalar's text, quoted or not, if there is any and it fits on one line.
  var text: String? {
    guard let scalar, !isNull, !scalar.string.isEmpty else { return nil }
    let isOneLine = scalar.string.unicodeScalars.allSatisfy { character in
      ![.control, .lineSeparator, .paragraphSeparator].contains(character.properties.generalCategory)
    }
    return isOneLine ? scalar.string : nil
  }

  /// What was found, for messages.
  var found: String {
    switch self {
    case .scalar(let scalar):
      isNull ? "nothing" : scalar.style == .plain ? shortened(scalar.string) : "\"\(shortened(scalar.string))\""
    case .sequence(let nodes) where nodes.allSatisfy { $0.scalar != nil }:
      "[\(shortened(nodes.prefix(20).map(\.found).joined(separator: ", ")))]"
    case .sequence: "a nested list"
    case .mapping: "a section"
    case .alias: "an alias"
    }
  }
}
