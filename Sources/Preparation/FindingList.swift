import Files

/// Findings as people read them: those of one kind together, and a sentence about several files once.
public struct FindingList: Sendable {
  private let findings: [Finding]

  public init(_ findings: [Finding]) { self.findings = findings }

  /// More lines than this are counted, not shown.
  private static let shown = 20

  /// Problems, doubts and remarks under a heading each, such as "3 problems:"; "No problems found." where there is none.
  public var text: String {
    let problems = block(.problem, "problem")
    return ([problems ?? "No problems found."] + [block(.doubt, "doubt"), block(.remark, "remark")].compactMap { $0 })
      .joined(separator: "\n\n")
  }

  /// The sentences of one kind, each once, in the order in which they were found.
  public func lines(_ kind: Finding.Kind) -> [String] {
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
    let rest = lines.count > FindingList.shown ? ["  and \(lines.count - FindingList.shown) more"] : []
    return
      (["\(lines.count) \(name)\(lines.count == 1 ? "" : "s"):"] + lines.prefix(FindingList.shown).map { "  \($0)" }
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
    )
    .description
  }
}
