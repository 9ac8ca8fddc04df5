import Evaluation
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct ReportTests {
  private let attack = "<script>alert('\"&')</script>"

  private func chart(_ values: [Double], _ scale: LineChart.Scale = .linear, isSmoothed: Bool = false) -> LineChart {
    let points = values.enumerated().map { LineChart.Point(Double($0), $1) }
    return LineChart(
      title: "Losses", xLabel: "iteration", yLabel: "loss", scale: scale, isSmoothed: isSmoothed,
      series: [.init("BLP", points)])
  }

  private func page(_ chart: LineChart) throws -> String { try Report(title: "t", charts: [chart]).html() }

  /// The coordinates of the first path of a class.
  private func path(_ name: String, in html: String) -> [(Double, Double)] {
    guard let start = html.range(of: "class=\"\(name)\" d=\"M"),
      let end = html.range(of: "\"", range: start.upperBound..<html.endIndex)
    else { return [] }
    return html[start.upperBound..<end.lowerBound].split(separator: "L").map { pair in
      let numbers = pair.split(separator: " ").compactMap { Double($0) }
      return numbers.count == 2 ? (numbers[0], numbers[1]) : (.nan, .nan)
    }
  }

  @Test("every text is escaped") func escaping() throws {
    var matrix = ConfusionMatrix(classCount: 1)
    try matrix.add(
      prediction: LabelMap(width: 1, height: 1, filledWith: 0),
      groundTruth: LabelMap(width: 1, height: 1, filledWith: 0))
    let result = EvaluationResult(
      matrix, BoundaryIoU(classCount: 1), classes: [attack], images: 1, views: .init(scales: [1], mirror: false),
      weights: attack, seconds: 1)
    let image = Image(width: 1, height: 1, pixels: [1, 2, 3])
    let html = try Report(
      title: attack, summary: attack, keyNumbers: [.init(attack, attack)],
      charts: [
        LineChart(title: attack, xLabel: attack, yLabel: attack, series: [.init(attack, [.init(0, 1), .init(1, 2)])])
      ],
      evaluation: result, classes: [attack],
      sections: [
        .init(
          title: attack, note: attack, rows: [ReportRow(name: attack, meanIoU: 0.5, pictures: [.init(attack, image)])])
      ],
      settings: attack
    ).html()
    #expect(!html.contains("<script"))
    #expect(html.components(separatedBy: "&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;").count >= 18)
  }

  @Test("the page refers to nothing outside itself") func selfContained() throws {
    let image = try Image(contentsOf: Fixture.demo("JPEGImages/Birman_128.jpg"))
    let html = try Report(
      title: "t", charts: [chart([1, 2])],
      sections: [.init(title: "s", rows: [ReportRow(name: "a", photograph: image)])]
    ).html()
    #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("<link") && !html.contains("url("))
    #expect(html.components(separatedBy: "src=\"").count == html.components(separatedBy: "src=\"data:image/").count)
  }

  @Test("pictures are embedded with captions, alternative texts and sizes") func pictures() throws {
    let photograph = try Image(contentsOf: Fixture.demo("JPEGImages/Birman_128.jpg"))
    let drawing = Image(width: 2, height: 1, pixels: [255, 0, 0, 0, 0, 255])
    let row = ReportRow(name: "Birman_128", meanIoU: 0.71234, photograph: photograph, prediction: drawing)
    #expect(row.pictures.map(\.caption) == ["Photograph", "Prediction"])
    let html = try Report(title: "t", sections: [.init(title: "s", rows: [row])]).html()
    #expect(html.contains("IoU <b>71.23</b> %"))
    #expect(html.contains("alt=\"Photograph of Birman_128\""))
    #expect(html.contains("width=\"2\" height=\"1\" alt=\"Prediction of Birman_128\""))
    let sources = html.components(separatedBy: "src=\"data:image/").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(sources.map { $0.prefix { $0 != ";" } } == ["jpeg", "png"])
    let bytes = sources.last.flatMap { Data(base64Encoded: String($0.dropFirst("png;base64,".count))) }
    #expect(try bytes.map { try Image(decoding: $0, from: "page") } == drawing)
  }

  @Test("a linear chart places its points in proportion") func linear() throws {
    let points = path("curve line0", in: try page(chart([0, 5, 10])))
    #expect(points.count == 3)
    let worst =
      zip(points, [(66.0, 236.0), (277, 125), (488, 14)])
      .map { max(abs($0.0 - $1.0), abs($0.1 - $1.1)) }.max() ?? .infinity
    #expect(worst <= 0.05, "worst \(worst)")
  }

  @Test("a logarithmic chart places equal factors at equal distances") func logarithmic() throws {
    let html = try page(chart([1, 10, 100, 1000], .logarithmic))
    let rows = path("curve line0", in: html).map(\.1)
    #expect(rows.count == 4)
    let steps = zip(rows, rows.dropFirst()).map { $0 - $1 }
    #expect(steps.allSatisfy { abs($0 - steps[0]) <= 0.11 && $0 > 50 }, "\(steps)")
    for label in ["1", "10", "100", "1000"] { #expect(html.contains(">\(label)</text>"), "\(label)") }
  }

  @Test("values that cannot be drawn are left out") func gaps() throws {
    #expect(path("curve line0", in: try page(chart([1, .nan, .infinity, 2]))).count == 2)
    #expect(path("curve line0", in: try page(chart([1, 0, -1, 2], .logarithmic))).count == 2)
    #expect(try page(chart([.nan])).contains("Nothing was recorded."))
    #expect(try page(chart([])).contains("Nothing was recorded."))
  }

  @Test(
    "every drawn coordinate is finite, whatever the values",
    arguments: [
      [3], [0, 0, 0], [1e-300, 1e-300], [-1e300, 1e300], [1e308, -1e308], [1, 1 + 1e-15], [.leastNonzeroMagnitude, 1],
      [1e15, 1e15 + 1],
    ] as [[Double]])
  func extremes(values: [Double]) throws {
    for scale in [LineChart.Scale.linear, .logarithmic] {
      let html = try page(chart(values, scale))
      let points = path("curve line0", in: html)
      #expect(points.count == values.filter { scale == .linear || $0 > 0 }.count)
      #expect(points.allSatisfy { (0...500).contains($0.0) && (0...280).contains($0.1) }, "\(points)")
      #expect(!html.contains("nan ") && !html.contains("inf "))
    }
  }

  @Test("smoothing draws a calmer curve over the raw one") func smoothing() throws {
    let values = (0..<300).map { $0 % 2 == 0 ? 1.0 : 3 }
    let html = try page(chart(values, isSmoothed: true))
    let raw = path("raw line0", in: html).map(\.1)
    let smooth = path("curve line0", in: html).map(\.1)
    #expect(raw.count == 300 && smooth.count == 300)
    let spread = { (rows: ArraySlice<Double>) in (rows.max() ?? 0) - (rows.min() ?? 0) }
    #expect(spread(smooth[30...]) < 0.3 * spread(raw[30...]))
  }

  @Test("a long curve is thinned and keeps its spikes") func thinning() throws {
    var values = Array(repeating: 1.0, count: 200_000)
    values[123_457] = 9
    let html = try page(chart(values))
    #expect(html.utf8.count < 30_000)
    #expect(path("curve line0", in: html).map(\.1).min().map { $0 < 40 } == true)
  }

  @Test("settings, key numbers and classes are on the page") func contents() throws {
    let html = try Report(
      title: "run", keyNumbers: [.init("mIoU", "71.20 %")], classes: ["background", "cat"],
      sections: [.init(title: "s", rows: [ReportRow(name: "a", pictures: [])])], settings: "name: run\n"
    ).html()
    #expect(html.contains("<dt>mIoU</dt><dd>71.20 %</dd>"))
    #expect(html.contains("background:rgb(128,0,0)\"></i>cat"))
    #expect(html.contains("<pre>name: run\n</pre>"))
  }

  @Test("an evaluation is shown with its classes and its confusions") func evaluation() throws {
    var matrix = ConfusionMatrix(classCount: 2)
    let (prediction, groundTruth) = (
      LabelMap(width: 2, height: 2, labels: [0, 1, 1, 1]), LabelMap(width: 2, height: 2, labels: [0, 0, 1, 1])
    )
    var boundary = BoundaryIoU(classCount: 2)
    try matrix.add(prediction: prediction, groundTruth: groundTruth)
    try boundary.add(prediction: prediction, groundTruth: groundTruth)
    let result = EvaluationResult(
      matrix, boundary, classes: ["background", "cat"], images: 1, views: .init(scales: [0.5, 1], mirror: true),
      weights: "w", seconds: 1)
    let html = try Report(title: "t", evaluation: result).html()
    #expect(html.contains("<td>66.67</td><td>66.67</td>"))
    #expect(html.contains("<title>background taken for cat: 50.0 %</title>"))
    #expect(html.contains("1 images, scales 0.5, 1 x mirror, in 1.0 s"))
    for word in ["http:", "https:", "<link", "url("] { #expect(!html.contains(word)) }
  }

  @Test("a report is written as one file") func writing() throws {
    let folder = try TemporaryFolder()
    let report = Report(title: "run")
    try report.write(to: folder("a/report.html"))
    #expect(try InputFile.text(folder("a/report.html")) == (try report.html()))
  }
}
