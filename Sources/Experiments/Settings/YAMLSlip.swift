/// What people often write who are new to YAML, found in a text that is not valid.
struct YAMLSlip {
  /// The line in the text, from 1.
  let line: Int
  /// A sentence without its full stop.
  let problem: String

  /// The first slip of a text; nil where there is none that is known.
  init?(_ text: String) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let indentation = line.prefix { $0 == " " || $0 == "\t" }
      if indentation.contains("\t") {
        self.init(line: index + 1, problem: "a tab stands before the text, and YAML wants blanks there")
        return
      }
      if let (key, value) = Self.withoutBlank(line.dropFirst(indentation.count)) {
        self.init(
          line: index + 1, problem: "a blank is missing after the colon; write \(key): \(shortened(value))")
        return
      }
    }
    return nil
  }

  private init(line: Int, problem: String) { (self.line, self.problem) = (line, problem) }

  /// The parts of a line such as "epochs:3".
  private static func withoutBlank(_ line: Substring) -> (key: String, value: String)? {
    let key = line.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
    let rest = line.dropFirst(key.count)
    guard !key.isEmpty, key.count <= 40, rest.first == ":", let next = rest.dropFirst().first, !next.isWhitespace,
      next != "/"
    else { return nil }
    return (String(key), String(rest.dropFirst()))
  }
}
