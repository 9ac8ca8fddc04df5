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
