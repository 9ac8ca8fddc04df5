import Evaluation
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Images
import Reports
import Testing

@Suite struct ConfusionPictureTests {
  private func matrix(classCount: Int, _ pairs: [(actual: UInt8, predicted: UInt8)]) throws -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: classCount)
    try matrix.add(
      prediction: LabelMap(width: pairs.count, height: 1, labels: pairs.map(\.predicted)),
      groundTruth: LabelMap(width: pairs.count, height: 1, labels: pairs.map(\.actual)))
    return matrix
  }

  @Test("each row shows the shares of its class, right and wrong in different colours") func shares() throws {
    let picture = ConfusionPicture(
      try matrix(classCount: 3, [(0, 0), (0, 0), (0, 0), (0, 1), (1, 1)]), classes: ["background", "cat", "dog"])
    let svg = picture.svg()
    let cells = svg.components(separatedBy: "<g>").dropFirst()
    #expect(cells.count == 3)
    for (cell, words) in zip(cells, ["background: 75.0 %", "background taken for cat: 25.0 %", "cat: 100.0 %"]) {
      #expect(cell.contains("<title>\(words)</title>"))
    }
    #expect(cells.map { $0.contains("class=\"right\"") } == [true, false, true])
    // The square root of a quarter.
    #expect(cells.dropFirst().first?.contains("fill-opacity=\"0.50\"") == true)
    #expect(svg.contains(">75</text>") && svg.contains(">25</text>"))
  }

  @Test("names are escaped, and long ones are shortened") func names() throws {
    let long = String(repeating: "x", count: 500)
    let svg = ConfusionPicture(try matrix(classCount: 2, [(0, 1)]), classes: ["<b>&", long]).svg()
    #expect(!svg.contains("<b>") && svg.contains("&lt;b&gt;&amp; taken for xxx"))
    #expect(!svg.contains(String(repeating: "x", count: 24)))
  }

  @Test("it is well-formed XML of bounded size for any number of classes", arguments: [1, 21, 60, 255])
  func wellFormed(classCount: Int) throws {
    let labels = (0..<classCount).map { UInt8($0) }
    let pairs = labels.flatMap { actual in labels.map { (actual, $0) } }
    let svg = ConfusionPicture(
      try matrix(classCount: classCount, pairs), classes: labels.map { "class number \($0)" }
    ).svg()
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.utf8.count < 10_000 + 400 * classCount * (classCount + 4))
    for word in ["nan", "inf", "href", "url("] { #expect(!svg.contains(word)) }
  }
}
