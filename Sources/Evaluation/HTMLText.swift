/// Text as it may stand between tags or inside a quoted attribute; control characters become spaces.
func escaped(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
