import Foundation
import Images

extension Report {
  private static let photographQuality = 88

  /// The whole page as HTML, pictures embedded.
  ///
  /// Every text is escaped, and the page fetches nothing.
  public func html() throws(ImageEncodingError) -> String {
    var sections: [String] = []
    if !charts.isEmpty {
      sections.append(section("Training", "<div class=\"charts\">\(charts.map { $0.html() }.joined())</div>"))
    }
    if let preference { sections.append(preference.html) }
    if let evaluation { sections += evaluationSections(evaluation) }
    for images in self.sections where !images.rows.isEmpty {
      var cards: [String] = []
      for row in images.rows { cards.append(try card(row)) }
      let note = images.note.isEmpty ? "" : "<p class=\"note\">\(escaped(images.note))</p>\n"
      sections.append(section(images.title, note + classLegend + cards.joined(separator: "\n")))
    }
    if !settings.isEmpty {
      let text = "<details><summary>Settings of this run</summary><pre>\(escaped(settings))</pre></details>"
      sections.append(section("Settings", text))
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <title>\(escaped(title))</title>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <main>
      <header>
      <h1>\(escaped(title))</h1>
      \(summary.isEmpty ? "" : "<p class=\"summary\">\(escaped(summary))</p>")
      \(numbers)
      </header>
      \(sections.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  func section(_ heading: String, _ body: String) -> String {
    "<section>\n<h2>\(escaped(heading))</h2>\n\(body)\n</section>"
  }

  private var numbers: String {
    if keyNumbers.isEmpty { return "" }
    let items = keyNumbers.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }
    return "<dl class=\"numbers\">\(items.joined())</dl>"
  }

  private var classLegend: String {
    let items = classes.enumerated().map { label, name in "<li>\(swatch(label))\(escaped(name))</li>" }
    return items.isEmpty ? "" : "<ul class=\"legend classes\">\(items.joined())</ul>\n"
  }

  func swatch(_ label: Int) -> String {
    guard let label = UInt8(exactly: label) else { return "" }
    let color = colors[label]
    return "<i class=\"swatch\" style=\"background:rgb(\(color.red),\(color.green),\(color.blue))\"></i>"
  }

  private func card(_ row: ReportRow) throws(ImageEncodingError) -> String {
    var figures: [String] = []
    for picture in row.pictures {
      let image = picture.image
      let alternative = escaped("\(picture.caption) of \(row.name)")
      figures.append(
        """
        <figure><img src="\(try source(image))" width="\(image.width)" height="\(image.height)" alt="\(alternative)">\
        <figcaption>\(escaped(picture.caption))</figcaption></figure>
        """)
    }
    let score = row.meanIoU.map { "<span>IoU <b>\(Percent.number($0))</b> %</span>" } ?? ""
    return """
      <article>
      <h3>\(escaped(row.name))\(score)</h3>
      <div class="pictures">\(figures.joined(separator: "\n"))</div>
      </article>
      """
  }

  /// A data URI: PNG for drawings, which have few colours and hard edges, JPEG for photographs.
  private func source(_ image: Image) throws(ImageEncodingError) -> String {
    if hasFewColors(image) { return "data:image/png;base64,\(try image.pngData().base64EncodedString())" }
    return "data:image/jpeg;base64,\(try image.jpegData(quality: Self.photographQuality).base64EncodedString())"
  }

  private func hasFewColors(_ image: Image) -> Bool {
    var colors: Set<UInt32> = []
    for index in stride(from: 0, to: image.pixels.count, by: 3) {
      let (red, green, blue) = (image.pixels[index], image.pixels[index + 1], image.pixels[index + 2])
      colors.insert(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
      if colors.count > 256 { return false }
    }
    return true
  }
}
