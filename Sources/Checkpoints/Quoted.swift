extension String {
  /// The string in quotation marks, cut to a readable length and without anything that a terminal could obey.
  var quoted: String {
    let limit = 120
    let shown = unicodeScalars.prefix(limit).map { scalar in
      scalar.properties.generalCategory.isHarmless ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
    return "'\(shown.joined())\(unicodeScalars.count > limit ? "..." : "")'"
  }
}

extension Unicode.GeneralCategory {
  fileprivate var isHarmless: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
