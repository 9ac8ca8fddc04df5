import Datasets
import Files
import Foundation

/// A problem, doubt or remark about a file, a folder or a setting, in a sentence with the remedy.
package struct Finding: Sendable, Equatable, Hashable {
  package enum Kind: Sendable {
    /// The experiment cannot run, or would learn nothing.
    case problem
    /// It can run, probably not as intended; the sentence asks for the intention.
    case doubt
    /// Worth knowing.
    case remark
  }

  /// The kind of cause, which decides the exit code.
  package enum Cause: Sendable {
    /// A missing file or folder.
    case missingFile
    /// An invalid setting.
    case setting
    /// The contents of files.
    case contents
  }

  package let kind: Kind
  package let cause: Cause
  /// The path or setting in question.
  package let subject: String
  /// A sentence whose subject is the path or setting, without its full stop.
  package let sentence: String

  package init(_ kind: Kind, _ subject: String, _ sentence: String, cause: Cause = .contents) {
    (self.kind, self.cause, self.subject, self.sentence) = (kind, cause, subject, sentence)
  }

  /// A file that cannot be used.
  package init(_ error: FileError) {
    self.init(
      .problem, error.path, error.problem, cause: error.reason == .missing ? .missingFile : .contents)
  }

  /// A file that is used despite an oddity.
  package init(_ warning: FileWarning, as kind: Kind = .remark) { self.init(kind, warning.path, warning.problem) }
}

extension Finding: CustomStringConvertible {
  package var description: String { "\(subject): \(sentence)\(sentence.hasSuffix("?") ? "" : ".")" }
}

/// Findings as text: grouped by kind, with a sentence about several files once.
package struct FindingList: Sendable {
  private let findings: [Finding]

  package init(_ findings: [Finding]) { self.findings = findings }

  /// Further lines are counted, not printed.
  private static let lineLimit = 20

  /// Problems, doubts and remarks under a heading each, such as "3 problems:"; "No problems found." without problems.
  package var text: String {
    let problems = block(.problem, "problem")
    return ([problems ?? "No problems found."] + [block(.doubt, "doubt"), block(.remark, "remark")].compactMap { $0 })
      .joined(separator: "\n\n")
  }

  /// The sentences of one kind, each once, in the order in which they were found.
  package func lines(_ kind: Finding.Kind) -> [String] {
    var order: [String] = []
    var groups: [String: [Finding]] = [:]
    for finding in findings where finding.kind == kind {
      let key = FindingList.pattern(finding)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(finding)
    }
    return order.compactMap { groups[$0] }.map(FindingList.line)
  }

  private func block(_ kind: Finding.Kind, _ name: String) -> String? {
    let lines = lines(kind)
    if lines.isEmpty { return nil }
    let rest = lines.count > FindingList.lineLimit ? ["  and \(lines.count - FindingList.lineLimit) more"] : []
    return
      (["\(lines.count) \(name)\(lines.count == 1 ? "" : "s"):"] + lines.prefix(FindingList.lineLimit).map { "  \($0)" }
      + rest).joined(separator: "\n")
  }

  /// Equal for findings that differ in numbers and paths alone.
  private static func pattern(_ finding: Finding) -> String {
    let words = finding.sentence.split(separator: " ").map { word in
      word.contains { $0.isNumber || $0 == "/" } || word.contains(".") && word.last != "." ? "#" : String(word)
    }
    return "\(Path.fileExtension(of: finding.subject)) \(words.joined(separator: " "))"
  }

  private static func line(_ group: [Finding]) -> String {
    // A group is never empty.
    let subjects = Set(group.map(\.subject))
    let first = group.first.map(\.description) ?? ""
    guard subjects.count > 1, let finding = group.first else { return first }
    let others = "\(subjects.count - 1) other\(subjects.count == 2 ? "" : "s")"
    if group.allSatisfy({ $0.sentence == finding.sentence }) {
      return Finding(finding.kind, "\(finding.subject) and \(others)", finding.sentence).description
    }
    return Finding(
      finding.kind, finding.subject, "\(finding.sentence); \(others) \(subjects.count == 2 ? "is" : "are") alike"
    ).description
  }
}

/// A share, 0...1, in percent: "12.5 %", "0.03 %".
package func percent(_ share: Double) -> String {
  let value = share * 100
  let text = String(format: value >= 10 ? "%.1f" : "%.2f", value)
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) %"
}

/// The first three ids, with the number of the others.
func firstFew(_ ids: [String]) -> String {
  let limit = 3
  return ids.prefix(limit).joined(separator: ", ") + (ids.count > limit ? " and \(ids.count - limit) more" : "")
}

/// Classes by label and name: `class 2 ("dog")`, `classes 1 ("cat") and 2 ("dog")`.
func named(_ labels: [Int], _ classes: ClassList) -> String {
  let limit = 5
  let texts =
    labels.prefix(limit).map { "\($0) (\"\(classes.names[$0])\")" }
    + (labels.count > limit ? ["\(labels.count - limit) more"] : [])
  let text =
    texts.count > 1
    ? "\(texts.dropLast().joined(separator: ", ")) and \(texts.suffix(1).joined())" : texts.joined()
  return "\(labels.count == 1 ? "class" : "classes") \(text)"
}
