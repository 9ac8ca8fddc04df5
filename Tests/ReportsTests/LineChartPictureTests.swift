import Foundation
import Reports
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("A chart as a picture of its own")
struct LineChartPictureTests {
  private func picture(_ sizes: [Double], title: String = "Growth") -> String {
    let series = [
      LineChart.Series("ours", sizes.map { .init($0, $0 * $0) }), LineChart.Series("<theirs>", [.init(256, 9)]),
    ]
    return LineChart(
      title: title, xLabel: "pixels", yLabel: "seconds", xScale: .logarithmic, scale: .logarithmic, namesLast: false,
      series: series
    ).picture()
  }

  /// The elements' names and attributes, and the texts between them; nil where it is not well-formed XML.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var texts: [String] = []
    private var text = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements.append((name, attributes))
      text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      if name == "text" { texts.append(text) }
    }
  }

  private func read(_ picture: String) throws -> Reader {
    let reader = Reader()
    let parser = XMLParser(data: Data(picture.utf8))
    parser.delegate = reader
    try #require(parser.parse(), "\(String(describing: parser.parserError))")
    return reader
  }

  @Test("is well-formed, and has its title, its legend and its labels") func contents() throws {
    let reader = try read(picture([256, 512, 1024], title: "a < b & \"c\""))
    #expect(reader.elements.first?.name == "svg")
    #expect(reader.elements.first?.attributes["xmlns"] == "http://www.w3.org/2000/svg")
    for text in ["a < b & \"c\"", "ours", "<theirs>", "pixels", "seconds"] {
      #expect(reader.texts.contains(text), "\(text)")
    }
  }

  @Test("sizes that grow by factors lie at equal distances, each with its own tick") func sizes() throws {
    let reader = try read(picture([256, 512, 1024, 2048]))
    for label in ["256", "512", "1024", "2048"] { #expect(reader.texts.contains(label), "\(label)") }
    let columns = reader.elements.filter { $0.name == "circle" && $0.attributes["class"] == "line0" }
      .compactMap { $0.attributes["cx"].flatMap(Double.init) }
    #expect(columns.count == 4)
    let steps = zip(columns, columns.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { abs($0 - steps[0]) <= 0.11 && $0 > 100 }, "\(steps)")
  }

  @Test("sizes that have no logarithm are left out, and a chart may have no point") func gaps() throws {
    #expect(try read(picture([0, -1, 256])).elements.filter { $0.attributes["class"] == "line0" }.count == 1)
    let empty = LineChart(title: "t", xLabel: "x", yLabel: "y", series: [.init("a", [])]).picture()
    #expect(try read(empty).texts == ["t", "a"])
  }
}
