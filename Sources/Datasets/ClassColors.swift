import Files
import Images

/// The lines of a class list file, and the colours at their ends.
struct ClassColors {
  /// The lines without their colours.
  let lines: [String]
  private var colors: [(line: String, color: Color)] = []

  /// Reads "leaf #30C650", "1 leaf #30C650" and lines without a colour: the last word is a colour if it begins with
  /// "#".
  init(_ path: String) throws(FileError) {
    var lines: [String] = []
    var known: [Color: String] = [:]
    for (number, text) in try InputFile.text(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let words = text.split(whereSeparator: \.isWhitespace)
      guard let last = words.last else { continue }
      let line = text.trimming()
      if words.count == 1 || !last.hasPrefix("#") || words[0].hasPrefix("#") {
        lines.append(line)
        continue
      }
      guard let color = Color(hex: String(last)) else {
        throw .invalid(
          path, "line \(number + 1): \"\(last.prefix(32))\" is no colour; # and six digits as in #30C650 were expected")
      }
      let name = String(line.dropLast(last.count)).trimming()
      if Int(name) != nil {
        throw .invalid(path, "line \(number + 1): has a colour and no name; a name was expected before \(color.hex)")
      }
      if let other = known.updateValue(name, forKey: color) {
        throw .invalid(
          path, "line \(number + 1): \(color.hex) is the colour of \"\(other)\" already; give each class its own")
      }
      lines.append(name)
      colors.append((name, color))
    }
    self.lines = lines
  }

  /// Colours by label; those of lines without a class, such as void, are left out.
  func byLabel(_ names: [String]) -> [Int: Color] {
    var result: [Int: Color] = [:]
    for (line, color) in colors {
      let isNumbered = !names.contains(line)
      let name = isNumbered ? NumberedLine(line)?.name ?? line : line
      if let label = names.firstIndex(of: name) { result[label] = color }
    }
    return result
  }
}

extension StringProtocol {
  fileprivate func trimming() -> String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}

extension ClassList {
  /// The colours of the classes in pictures and palettes: their own, and for others those of PASCAL VOC where the names
  /// are those of `voc` or `context`, and `ColorMap.bright` elsewhere.
  public var colors: ColorMap { Self.colors(of: names, ownColors) }

  /// The colours of classes of these names, some of which may have their own, by label.
  public static func colors(of names: [String], _ own: [Int: Color] = [:]) -> ColorMap {
    let defaults = [voc.names, context.names].contains(names) ? ColorMap.voc : .bright
    return defaults.replacing(own, classCount: names.count)
  }

  /// Colours for a number of classes without names: weights without names are the published ones, for PASCAL VOC and
  /// PASCAL-Context.
  public static func colors(ofUnnamed count: Int) -> ColorMap {
    [voc.count, context.count].contains(count) ? .voc : .bright
  }
}
