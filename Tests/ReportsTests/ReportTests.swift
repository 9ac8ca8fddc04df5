import Evaluation
import Files
import Foundation
import Images
import Reports
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
    let map = LabelMap(width: 1, height: 1, filledWith: 0)
    let html = try Report(
      title: attack, summary: attack, facts: [.init(attack, attack)],
      keyNumbers: [.init(attack, attack, meaning: attack)],
      charts: [
        LineChart(
          title: attack, xLabel: attack, yLabel: attack, series: [.init(attack, [.init(0, 1), .init(1, 2)])],
          note: attack)
      ],
      evaluation: result, classes: [attack],
      sections: [
        .init(
          title: attack, note: attack,
          rows: [
            ReportRow(
              name: attack, score: .init(attack, 0.5), photograph: image, prediction: map, groundTruth: map,
              scribbles: map,
              annotationProbability: image)
          ])
      ], advice: [.init(attack, code: attack)], settings: attack
    ).html()
    #expect(!html.contains("<script"))
    #expect(html.components(separatedBy: "&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;").count >= 30)
  }

  @Test("the page refers to nothing outside itself") func selfContained() throws {
    let image = try Image(contentsOf: Fixture.demo("JPEGImages/Birman_128.jpg"))
    let html = try Report(
      title: "t", charts: [chart([1, 2])],
      sections: [.init(title: "s", rows: [row(image)])]
    ).html()
    let references = html.components(separatedBy: "href=\"").dropFirst()
    #expect(
      references.count > 1
        && references.allSatisfy { $0.hasPrefix("data:image/jpeg;base64,") || $0.hasPrefix("#p0-0\"") })
    #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("<link") && !html.contains("url("))
    #expect(html.components(separatedBy: "src=\"").count == html.components(separatedBy: "src=\"data:image/").count)
  }

  /// A row with everything, whose prediction is wrong in the left third.
  private func row(_ photograph: Image, name: String = "a", score: Double? = nil) -> ReportRow {
    let (width, height) = (photograph.width, photograph.height)
    var prediction = LabelMap(width: width, height: height, filledWith: 1)
    for i in prediction.labels.indices where i % width < width / 3 { prediction.labels[i] = 0 }
    var scribbles = LabelMap(width: width, height: height, filledWith: Label.ignored)
    scribbles.labels[height / 2 * width + width / 2] = 1
    return ReportRow(
      name: name, score: score.map { .meanIoU($0) }, photograph: photograph, prediction: prediction,
      groundTruth: LabelMap(width: width, height: height, filledWith: 1), scribbles: scribbles,
      annotationProbability: photograph)
  }

  @Test("prediction, ground truth and errors stand side by side, with alternative texts") func pictures() throws {
    let photograph = try Image(contentsOf: Fixture.demo("JPEGImages/Birman_128.jpg"))
    let row = row(photograph, name: "Birman_128", score: 0.71234)
    let html = try Report(title: "t", classes: ["ground", "cat"], sections: [.init(title: "s", rows: [row])]).html()
    #expect(html.contains("IoU <b>71.23</b> %"))
    let captions = html.components(separatedBy: "<figcaption>").dropFirst().map { String($0.prefix { $0 != "<" }) }
    #expect(captions == ["Photograph", "Scribbles", "Prediction", "Ground truth", "Errors", "Annotation probability"])
    #expect(html.contains("aria-label=\"Photograph of Birman_128\""))
    for caption in captions.dropFirst() { #expect(html.contains("alt=\"\(caption) of Birman_128\""), "\(caption)") }
    #expect(html.contains("background:\(ColorMap.bright[1].hex)\"></i>cat"))
    // The photograph's bytes are there once, and what lies over it has few colours.
    #expect(html.components(separatedBy: "<image ").count == 2)
    let sources = html.components(separatedBy: "src=\"data:image/").dropFirst().map { $0.prefix { $0 != ";" } }
    #expect(sources == ["png", "png", "png", "png", "png", "jpeg"])
  }

  @Test("the pictures of a prediction are as wide as the page shows them, however large the photograph")
  func shrinking() throws {
    let large = Image(width: 2000, height: 1000, pixels: Array(repeating: 77, count: 6_000_000))
    let html = try Report(title: "t", sections: [.init(title: "s", rows: [row(large)])]).html()
    #expect(html.contains("width=\"480\" height=\"240\""))
    #expect(html.utf8.count < 100_000)
  }

  @Test("a page of 100 images, with all their pictures, has 3 MB at most") func size() throws {
    // Noise on a photograph: no camera's pictures are harder to compress.
    var photograph = try Image(contentsOf: Fixture.demo("JPEGImages/Birman_128.jpg"))
    var generator = SmallGenerator(3)
    for i in photograph.pixels.indices {
      photograph.pixels[i] = UInt8(clamping: Int(photograph.pixels[i]) + generator.below(33) - 16)
    }
    let rows = (0..<100).map { row(photograph, name: "image \($0)") }
    let html = try Report(title: "t", sections: [.init(title: "s", rows: rows)]).html()
    #expect(html.utf8.count <= 3_000_000)
    #expect(html.components(separatedBy: "<article>").count == 101)
    // As large as there is room for.
    #expect(html.utf8.count > 1_500_000)
  }

  @Test("a small change of a percentage looks small") func leastSpan() throws {
    let chart = LineChart(
      title: "Validation", xLabel: "step", yLabel: "mIoU %",
      series: [.init("mIoU", [.init(80, 72), .init(160, 72.6)])],
      leastSpan: 20)
    let rows = path("curve line0", in: try page(chart)).map(\.1)
    #expect(rows.count == 2)
    #expect(abs(rows[0] - rows[1]) < 0.05 * (236 - 14), "\(rows)")
  }

  @Test("the least span of an axis stays above 0 where the values are") func spanFromZero() throws {
    let chart = LineChart(
      title: "t", xLabel: "x", yLabel: "y", series: [.init("a", [.init(0, 1), .init(1, 3)])], leastSpan: 20)
    let html = try page(chart)
    #expect(!html.contains(">-") && html.contains(">0</text>") && html.contains(">20</text>"))
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

  @Test("facts, key numbers with their meaning, advice and settings are on the page") func contents() throws {
    let html = try Report(
      title: "run", facts: [.init("seed", "7")],
      keyNumbers: [.init("mIoU", "71.20 %", meaning: "How well areas coincide.")],
      advice: [.init("Label photographs:", code: "blpseg predict a.jpg")], settings: "name: run\n"
    ).html()
    #expect(html.contains("<dt>seed</dt><dd>7</dd>"))
    #expect(html.contains("<dt>mIoU</dt><dd>71.20 %</dd><dd class=\"meaning\">How well areas coincide.</dd>"))
    #expect(html.contains("<li>Label photographs:<pre>blpseg predict a.jpg</pre></li>"))
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
    #expect(html.contains("1 image, scales 0.5, 1 x mirror. Weights: "))
    #expect(html.contains("taken for</small>") && html.contains("<b>50.0 %</b>"))
    for term in ["IoU", "Boundary IoU", "Mean IoU (mIoU)", "Pixel accuracy"] {
      #expect(html.contains("<dt>\(term)</dt>"))
    }
    for word in ["http:", "https:", "<link", "url(", "<script"] { #expect(!html.contains(word)) }
  }

  @Test("a report is written as one file") func writing() throws {
    let folder = try TemporaryFolder()
    let report = Report(title: "run")
    try report.write(to: folder("a/report.html"))
    #expect(try InputFile.text(folder("a/report.html")) == (try report.html()))
  }
}
