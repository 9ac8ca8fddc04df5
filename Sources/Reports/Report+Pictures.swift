import Images

extension Report {
  /// Size of pictures and JPEG quality of photographs, the best first.
  private static let sizes: [(side: Int, quality: Int)] = [
    (480, 80), (400, 78), (340, 75), (280, 72), (232, 68), (192, 62), (160, 55),
  ]
  /// Limit of bytes of a whole page, where its pictures can be made that small.
  private static let pageSize = 2_900_000
  /// Bytes for pictures even where the rest of a page is large.
  private static let leastRoom = 1_000_000

  /// The sections of images, with the largest pictures that the size limit allows beside `rest` other bytes.
  func pictureSections(besides rest: Int) throws(ImageEncodingError) -> [String] {
    let shown = sections.filter { !$0.rows.isEmpty }
    let room = max(Self.pageSize - rest, Self.leastRoom)
    for (side, quality) in Self.sizes.dropLast() {
      if let cards = try cards(of: shown, side, quality, room: room) { return join(shown, cards) }
    }
    guard let smallest = Self.sizes.last, let cards = try cards(of: shown, smallest.side, smallest.quality, room: .max)
    else { return [] }
    return join(shown, cards)
  }

  /// Nil where they exceed the available bytes.
  private func cards(
    of sections: [Section], _ side: Int, _ quality: Int, room: Int
  ) throws(ImageEncodingError) -> [[String]]? {
    var size = 0
    var result: [[String]] = []
    for (number, section) in sections.enumerated() {
      var cards: [String] = []
      for (index, row) in section.rows.enumerated() {
        let card = ReportCard(
          row: row.shrunk(to: side), id: "p\(number)-\(index)", classes: classes, colors: colors, quality: quality)
        cards.append(try card.html())
        size += cards[index].utf8.count
        if size > room { return nil }
      }
      result.append(cards)
    }
    return result
  }

  private func join(_ sections: [Section], _ cards: [[String]]) -> [String] {
    zip(sections, cards).enumerated().map { number, pair in
      let note = pair.0.note.isEmpty ? "" : "<p class=\"note\">\(escaped(pair.0.note))</p>\n"
      let choice = pair.0.rows.contains { $0.prediction != nil } ? Self.choice(number) : ""
      let keys = Self.keys(pair.0.rows)
      return section(pair.0.title, note + keys + choice + pair.1.joined(separator: "\n"))
    }
  }

  /// The meaning of the colours of error pictures and heat maps.
  private static func keys(_ rows: [ReportRow]) -> String {
    var keys: [String] = []
    if rows.contains(where: { $0.prediction != nil && $0.groundTruth != nil }) {
      keys += [
        "<li><i class=\"swatch\" style=\"background:\(Layer.errorColor.hex)\"></i>wrong in the picture of errors</li>",
        "<li><i class=\"swatch void\"></i>not compared, as the ground truth leaves it open</li>",
      ]
    }
    if rows.contains(where: { $0.annotationProbability != nil }) {
      keys.append(
        "<li><i class=\"ramp\"></i>annotation probability: how likely the network takes each pixel to be scribbled on, "
          + "dark for unlikely, yellow for likely</li>")
    }
    return keys.isEmpty ? "" : "<ul class=\"legend keys\">\(keys.joined())</ul>\n"
  }

  /// Switches between displays of the regions, without a script.
  private static func choice(_ number: Int) -> String {
    let displays = [("both", "colours over the photograph"), ("outlines", "outlines"), ("solid", "colours alone")]
    let inputs = displays.enumerated().map { index, display in
      "<label><input type=\"radio\" name=\"view\(number)\" class=\"\(display.0)\"\(index == 0 ? " checked" : "")> \(display.1)</label>"
    }
    return "<fieldset class=\"views\"><legend>Regions</legend>\(inputs.joined())</fieldset>\n"
  }
}
