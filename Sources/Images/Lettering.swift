import Foundation

/// A line of text as a grid of dots, which can be drawn at any size.
struct Lettering {
  /// Rows from the highest accent to the lowest descender.
  static let height = Glyph.above + Glyph.below

  let width: Int
  /// `height * width`, rows from the top: 1 where there is a dot, 0 elsewhere.
  private let dots: [Float]

  init(_ text: String) {
    let glyphs = Glyph.glyphs(of: text)
    // One empty column between letters.
    width = max(glyphs.reduce(0) { $0 + $1.width + 1 } - 1, 1)
    var dots = [Float](repeating: 0, count: width * Self.height)
    var left = 0
    for glyph in glyphs {
      for row in 0..<Self.height {
        for column in 0..<glyph.width where glyph.hasDot(column, row - Glyph.above) {
          dots[row * width + left + column] = 1
        }
      }
      left += glyph.width + 1
    }
    self.dots = dots
  }

  /// Amount of ink, 0...1, at a point given in dots; `scale` is the size of a dot in pixels.
  ///
  /// Between the centres of dots ink is interpolated and thresholded at nearly half, which rounds corners and joins
  /// diagonals.
  func ink(_ x: Float, _ y: Float, scale: Float) -> Float {
    let (column, row) = (x - 0.5, y - 0.5)
    let (left, top) = (Int(column.rounded(.down)), Int(row.rounded(.down)))
    let (right, bottom) = (column - Float(left), row - Float(top))
    let upper = dot(left, top) * (1 - right) + dot(left + 1, top) * right
    let lower = dot(left, top + 1) * (1 - right) + dot(left + 1, top + 1) * right
    let value = upper * (1 - bottom) + lower * bottom
    return min(max((value - 0.42) * max(scale, 1.2) + 0.5, 0), 1)
  }

  private func dot(_ column: Int, _ row: Int) -> Float {
    0..<width ~= column && 0..<Self.height ~= row ? dots[row * width + column] : 0
  }
}

/// A letter as dots: 5 columns, rows from the top of capitals (0) to their foot (6), accents above, descenders below.
struct Glyph {
  /// Rows that lie above 0 at most.
  static let above = 4
  /// Rows from the top of capitals on.
  static let below = 9

  /// The rows that have dots, by their index, each with 5 bits, the highest for the leftmost column.
  private(set) var rows: [Int: UInt8] = [:]
  /// Number of columns, from the leftmost dot to the rightmost.
  private(set) var width: Int

  /// Whether there is a dot; `column` counts from the leftmost one.
  func hasDot(_ column: Int, _ row: Int) -> Bool { (rows[row] ?? 0) >> UInt8(4 - column) & 1 == 1 }

  private init(_ rows: [Int: UInt8]) {
    let union = rows.values.reduce(0, |)
    guard union > 0 else {
      width = 3
      return
    }
    let first = union.leadingZeroBitCount - 3
    self.rows = rows.mapValues { $0 << UInt8(first) & 31 }
    width = 5 - first - union.trailingZeroBitCount
  }

  /// The letters of a text. Letters of other alphabets are transcribed, and characters without a transcription become a
  /// box.
  static func glyphs(of text: String) -> [Glyph] {
    let isKnown = text.allSatisfy { Glyph($0) != nil }
    let latin = isKnown ? text : text.applyingTransform(.toLatin, reverse: false) ?? text
    return latin.map { Glyph($0) ?? Glyph(numbered([31, 17, 17, 17, 17, 17, 31])) }
  }

  /// Nil for letters other than those of western and central Europe.
  private init?(_ letter: Character) {
    let parts = Array(String(letter).decomposedStringWithCanonicalMapping)
    let scalars = parts.flatMap(\.unicodeScalars)
    guard let base = scalars.first else { return nil }
    let marks = scalars.dropFirst()
    // An accent replaces the dot.
    let name: Unicode.Scalar = base == "i" && marks.contains { Self.accents[$0] != nil } ? "ı" : base
    guard let letter = Self.letters[name] else { return nil }
    var rows = Self.numbered(letter)
    let top = rows.keys.min() ?? 0
    for mark in marks {
      if let accent = Self.accents[mark] {
        for (i, row) in accent.enumerated() { rows[top - 1 - accent.count + i, default: 0] |= row }
      } else if let tail = Self.tails[mark] {
        for (i, row) in tail.enumerated() { rows[7 + i, default: 0] |= row }
      } else {
        return nil
      }
    }
    self.init(rows)
  }

  private static func numbered(_ rows: [UInt8]) -> [Int: UInt8] {
    Dictionary(uniqueKeysWithValues: rows.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) })
  }

  /// Grave, acute, circumflex, tilde, macron, breve, dot, diaeresis, ring, double acute, caron.
  private static let accents: [Unicode.Scalar: [UInt8]] = [
    "\u{300}": [8, 4], "\u{301}": [2, 4], "\u{302}": [4, 10], "\u{303}": [13, 22], "\u{304}": [14],
    "\u{306}": [17, 14],
    "\u{307}": [4], "\u{308}": [10], "\u{30A}": [4, 10, 4], "\u{30B}": [9, 18], "\u{30C}": [10, 4],
  ]

  /// Comma, cedilla and ogonek below.
  private static let tails: [Unicode.Scalar: [UInt8]] = ["\u{326}": [4, 8], "\u{327}": [4, 8], "\u{328}": [4, 6]]

  private static let letters: [Unicode.Scalar: [UInt8]] = [
    " ": [], "!": [4, 4, 4, 4, 0, 0, 4], "\"": [10, 10, 10], "#": [10, 10, 31, 10, 31, 10, 10],
    "$": [4, 15, 20, 14, 5, 30, 4], "%": [24, 25, 2, 4, 8, 19, 3], "&": [12, 18, 20, 8, 21, 18, 13], "'": [4, 4],
    "(": [2, 4, 8, 8, 8, 4, 2], ")": [8, 4, 2, 2, 2, 4, 8], "*": [0, 4, 21, 14, 21, 4], "+": [0, 4, 4, 31, 4, 4],
    ",": [0, 0, 0, 0, 0, 4, 4, 8], "-": [0, 0, 0, 14], ".": [0, 0, 0, 0, 0, 12, 12], "/": [1, 1, 2, 4, 8, 16, 16],
    "0": [14, 17, 19, 21, 25, 17, 14], "1": [4, 12, 4, 4, 4, 4, 14], "2": [14, 17, 1, 2, 4, 8, 31],
    "3": [31, 2, 4, 2, 1, 17, 14], "4": [2, 6, 10, 18, 31, 2, 2], "5": [31, 16, 30, 1, 1, 17, 14],
    "6": [6, 8, 16, 30, 17, 17, 14], "7": [31, 1, 2, 4, 8, 8, 8], "8": [14, 17, 17, 14, 17, 17, 14],
    "9": [14, 17, 17, 15, 1, 2, 12], ":": [0, 12, 12, 0, 12, 12], ";": [0, 12, 12, 0, 0, 4, 4, 8],
    "<": [2, 4, 8, 16, 8, 4, 2], "=": [0, 0, 31, 0, 31], ">": [8, 4, 2, 1, 2, 4, 8], "?": [14, 17, 1, 2, 4, 0, 4],
    "@": [14, 17, 1, 13, 21, 21, 14],
    "A": [14, 17, 17, 31, 17, 17, 17], "B": [30, 17, 17, 30, 17, 17, 30], "C": [14, 17, 16, 16, 16, 17, 14],
    "D": [30, 17, 17, 17, 17, 17, 30], "E": [31, 16, 16, 30, 16, 16, 31], "F": [31, 16, 16, 30, 16, 16, 16],
    "G": [14, 17, 16, 23, 17, 17, 15], "H": [17, 17, 17, 31, 17, 17, 17], "I": [14, 4, 4, 4, 4, 4, 14],
    "J": [7, 2, 2, 2, 2, 18, 12], "K": [17, 18, 20, 24, 20, 18, 17], "L": [16, 16, 16, 16, 16, 16, 31],
    "M": [17, 27, 21, 21, 17, 17, 17], "N": [17, 17, 25, 21, 19, 17, 17], "O": [14, 17, 17, 17, 17, 17, 14],
    "P": [30, 17, 17, 30, 16, 16, 16], "Q": [14, 17, 17, 17, 21, 18, 13], "R": [30, 17, 17, 30, 20, 18, 17],
    "S": [15, 16, 16, 14, 1, 1, 30], "T": [31, 4, 4, 4, 4, 4, 4], "U": [17, 17, 17, 17, 17, 17, 14],
    "V": [17, 17, 17, 17, 17, 10, 4], "W": [17, 17, 17, 21, 21, 21, 10], "X": [17, 17, 10, 4, 10, 17, 17],
    "Y": [17, 17, 10, 4, 4, 4, 4], "Z": [31, 1, 2, 4, 8, 16, 31],
    "[": [14, 8, 8, 8, 8, 8, 14], "\\": [16, 16, 8, 4, 2, 1, 1], "]": [14, 2, 2, 2, 2, 2, 14], "^": [4, 10, 17],
    "_": [0, 0, 0, 0, 0, 0, 0, 31], "`": [8, 4],
    "a": [0, 0, 14, 1, 15, 17, 15], "b": [16, 16, 22, 25, 17, 17, 30], "c": [0, 0, 14, 16, 16, 17, 14],
    "d": [1, 1, 13, 19, 17, 17, 15], "e": [0, 0, 14, 17, 31, 16, 14], "f": [6, 8, 8, 28, 8, 8, 8],
    "g": [0, 0, 15, 17, 17, 17, 15, 1, 14], "h": [16, 16, 22, 25, 17, 17, 17], "i": [4, 0, 12, 4, 4, 4, 14],
    "j": [2, 0, 6, 2, 2, 2, 2, 18, 12], "k": [16, 16, 18, 20, 24, 20, 18], "l": [12, 4, 4, 4, 4, 4, 14],
    "m": [0, 0, 26, 21, 21, 21, 21], "n": [0, 0, 22, 25, 17, 17, 17], "o": [0, 0, 14, 17, 17, 17, 14],
    "p": [0, 0, 30, 17, 17, 17, 30, 16, 16], "q": [0, 0, 15, 17, 17, 17, 15, 1, 1], "r": [0, 0, 22, 25, 16, 16, 16],
    "s": [0, 0, 15, 16, 14, 1, 30], "t": [8, 8, 28, 8, 8, 8, 6], "u": [0, 0, 17, 17, 17, 19, 13],
    "v": [0, 0, 17, 17, 17, 10, 4], "w": [0, 0, 17, 17, 21, 21, 10], "x": [0, 0, 17, 10, 4, 10, 17],
    "y": [0, 0, 17, 17, 17, 17, 15, 1, 14], "z": [0, 0, 31, 2, 4, 8, 31],
    "{": [2, 4, 4, 8, 4, 4, 2], "|": [4, 4, 4, 4, 4, 4, 4], "}": [8, 4, 4, 2, 4, 4, 8], "~": [0, 0, 8, 21, 2],
    "ß": [12, 18, 18, 22, 17, 17, 22], "æ": [0, 0, 26, 5, 31, 20, 11], "Æ": [15, 20, 20, 31, 20, 20, 23],
    "ø": [0, 0, 15, 19, 21, 25, 30], "Ø": [15, 17, 19, 21, 25, 17, 30], "œ": [0, 0, 10, 21, 23, 20, 11],
    "Œ": [15, 20, 20, 22, 20, 20, 15], "ð": [10, 4, 10, 1, 15, 17, 14], "Ð": [14, 9, 9, 29, 9, 9, 14],
    "þ": [16, 16, 30, 17, 17, 17, 30, 16, 16], "Þ": [16, 30, 17, 17, 30, 16, 16], "ı": [0, 0, 12, 4, 4, 4, 14],
    "ł": [12, 4, 5, 6, 12, 4, 14], "Ł": [8, 8, 10, 12, 24, 8, 15], "đ": [2, 7, 2, 14, 18, 18, 14],
    "Đ": [14, 9, 9, 29, 9, 9, 14], "€": [7, 8, 30, 8, 30, 8, 7], "°": [4, 10, 4],
    "µ": [0, 0, 17, 17, 17, 19, 29, 16, 16],
    "×": [0, 0, 17, 10, 4, 10, 17], "–": [0, 0, 0, 31], "’": [4, 4], "…": [0, 0, 0, 0, 0, 0, 21],
  ]
}
