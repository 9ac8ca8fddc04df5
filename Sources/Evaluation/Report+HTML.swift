import Foundation
import Images

extension Report {
  /// The whole page as HTML, pictures embedded.
  ///
  /// Every text is escaped, and the page fetches nothing. It has at most 3 MB for 100 images of usual shape: the more
  /// images, the smaller their pictures.
  public func html() throws(ImageEncodingError) -> String {
    var sections: [String] = []
    if !charts.isEmpty {
      sections.append(section("Training", "<div class=\"charts\">\(charts.map { $0.html() }.joined())</div>"))
    }
    if let preference { sections.append(preference.html) }
    if let evaluation { sections += evaluationSections(evaluation) }
    var end: [String] = []
    if !advice.isEmpty { end.append(section("How to go on", steps)) }
    if !settings.isEmpty {
      let text = "<details><summary>Settings of this run</summary><pre>\(escaped(settings))</pre></details>"
      end.append(section("Settings", text))
    }
    let rest = (sections + end).reduce(0) { $0 + $1.utf8.count } + settings.utf8.count + ReportStyle.css.utf8.count
    sections += try pictureSections(besides: rest) + end
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
      \(factList)
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

  private var factList: String {
    if facts.isEmpty { return "" }
    let items = facts.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }
    return "<dl class=\"facts\">\(items.joined())</dl>"
  }

  private var numbers: String {
    if keyNumbers.isEmpty { return "" }
    let items = keyNumbers.map { number in
      let meaning = number.meaning.isEmpty ? "" : "<dd class=\"meaning\">\(escaped(number.meaning))</dd>"
      return "<div><dt>\(escaped(number.name))</dt><dd>\(escaped(number.value))</dd>\(meaning)</div>"
    }
    return "<dl class=\"numbers\">\(items.joined())</dl>"
  }

  private var steps: String {
    let items = advice.map { step in
      let code = step.code.isEmpty ? "" : "<pre>\(escaped(step.code))</pre>"
      return "<li>\(escaped(step.text))\(code)</li>"
    }
    return "<ul class=\"steps\">\(items.joined())</ul>"
  }
}
