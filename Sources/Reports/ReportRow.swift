import Foundation
import Images

/// One image of a report: the photograph and what is known about its pixels, made small enough for a page.
package struct ReportRow: Sendable {
  /// The largest longer side of the pictures, on a page with few images.
  package static let side = 480

  /// The image's name.
  package var name: String
  /// The score of the prediction on this image alone; nil where there is nothing to compare it with.
  package var score: Score?
  let photograph: Image
  let prediction: LabelMap?
  let groundTruth: LabelMap?
  let scribbles: LabelMap?
  let annotationProbability: Image?

  /// A number in 0...1 with its name.
  package struct Score: Sendable, Equatable {
    package var name: String
    package var value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }

    /// Intersection over union, averaged over the classes of the image.
    package static func meanIoU(_ value: Double) -> Score { Score("IoU", value) }
  }

  /// Pictures of at most `side` pixels. Maps have the size of the photograph, and `annotationProbability` is a heat map
  /// of it.
  package init(
    name: String, score: Score? = nil, photograph: Image, prediction: LabelMap? = nil, groundTruth: LabelMap? = nil,
    scribbles: LabelMap? = nil, annotationProbability: Image? = nil, side: Int = side
  ) {
    self.name = name
    self.score = score
    let (width, height) = photograph.size(within: side)
    self.photograph = photograph.shrunk(width: width, height: height)
    self.prediction = prediction?.shrunk(width: width, height: height)
    self.groundTruth = groundTruth?.shrunk(width: width, height: height)
    self.scribbles = scribbles?.shrunkKeepingStrokes(width: width, height: height)
    self.annotationProbability = annotationProbability?.shrunk(width: width, height: height)
  }

  /// The classes that occur in the pictures, ascending.
  var labels: [Int] {
    let present = [prediction, groundTruth, scribbles].compactMap { $0?.isPresent }
    return (0..<Int(Label.ignored)).filter { label in present.contains { $0[label] } }
  }

  /// The same with pictures of at most `side` pixels.
  func shrunk(to side: Int) -> ReportRow {
    ReportRow(
      name: name, score: score, photograph: photograph, prediction: prediction, groundTruth: groundTruth,
      scribbles: scribbles, annotationProbability: annotationProbability, side: side)
  }
}

/// The pictures of one image as a part of the page: the photograph once, and copies of it with overlays.
struct ReportCard {
  let row: ReportRow
  /// Unique on the page.
  let id: String
  let classes: [String]
  let colors: ColorMap
  /// JPEG quality of the photograph.
  let quality: Int

  private static let heatQuality = 60

  func html() throws(ImageEncodingError) -> String {
    let score = row.score.map { "<span>\(escaped($0.name)) <b>\(Percent.number($0.value))</b> %</span>" } ?? ""
    return """
      <article>
      <h3>\(escaped(row.name))\(score)</h3>
      <div class="pictures">\(try figures().joined(separator: "\n"))</div>
      \(legend)</article>
      """
  }

  private func figures() throws(ImageEncodingError) -> [String] {
    var figures = [figure("Photograph", try photograph())]
    if let scribbles = row.scribbles {
      let strokes = try layer(Layer(scribbles: scribbles, colors: colors), "Scribbles", "strokes")
      figures.append(figure("Scribbles", copy + strokes))
    }
    if let prediction = row.prediction { figures.append(try regions("Prediction", prediction)) }
    if let groundTruth = row.groundTruth { figures.append(try regions("Ground truth", groundTruth)) }
    if let prediction = row.prediction, let groundTruth = row.groundTruth {
      let errors = Layer(errorsOf: prediction, groundTruth: groundTruth)
      figures.append(figure("Errors", try layer(errors, "Errors", "errors"), before: copy, kind: " dim"))
    }
    if let heat = row.annotationProbability {
      let bytes = try heat.halved.jpegData(quality: Self.heatQuality)
      let picture = image("jpeg", bytes, "Annotation probability", "")
      figures.append(figure("Annotation probability", picture))
    }
    return figures
  }

  /// A picture that a click enlarges.
  private func figure(_ caption: String, _ content: String, before: String = "", kind: String = "") -> String {
    let words = escaped("\(caption) of \(row.name), enlarged")
    let (width, height) = (row.photograph.width, row.photograph.height)
    return """
      <figure><label><input type="checkbox" class="zoom" aria-label="\(words)">\
      <span class="stack\(kind)" style="aspect-ratio:\(width)/\(height)">\(before)\(content)</span></label>\
      <figcaption>\(escaped(caption))</figcaption></figure>
      """
  }

  /// Regions in their colours over the photograph, with lines around them.
  private func regions(_ caption: String, _ map: LabelMap) throws(ImageEncodingError) -> String {
    let fill = try layer(Layer(regions: map, colors: colors), caption, "fill")
    let edges = try layer(Layer(edges: map, colors: colors), "", "edges")
    return figure(caption, copy + fill + edges)
  }

  private var box: String { "viewBox=\"0 0 \(row.photograph.width) \(row.photograph.height)\"" }

  private func photograph() throws(ImageEncodingError) -> String {
    let bytes = try row.photograph.jpegData(quality: quality).base64EncodedString()
    return """
      <svg \(box) role="img" aria-label="\(escaped("Photograph of \(row.name)"))">\
      <image id="\(id)" width="\(row.photograph.width)" height="\(row.photograph.height)" \
      href="data:image/jpeg;base64,\(bytes)"/></svg>
      """
  }

  /// The photograph again, without its bytes.
  private var copy: String { "<svg \(box) aria-hidden=\"true\"><use href=\"#\(id)\"/></svg>" }

  /// An empty layer without a caption is left out.
  private func layer(_ layer: Layer, _ caption: String, _ kind: String) throws(ImageEncodingError) -> String {
    if layer.isEmpty && caption.isEmpty { return "" }
    return image("png", try layer.pngData(), caption, kind)
  }

  private func image(_ format: String, _ bytes: Data, _ caption: String, _ kind: String) -> String {
    let words = caption.isEmpty ? "" : escaped("\(caption) of \(row.name)")
    return """
      <img class="\(kind)" loading="lazy" decoding="async" width="\(row.photograph.width)" \
      height="\(row.photograph.height)" alt="\(words)" src="data:image/\(format);base64,\(bytes.base64EncodedString())">
      """
  }

  /// The classes of this image with their colours.
  private var legend: String {
    let items = row.labels.map { label in
      "<li>\(swatch(colors, label))\(escaped(classes.indices.contains(label) ? classes[label] : "\(label)"))</li>"
    }
    return items.isEmpty ? "" : "<ul class=\"legend\">\(items.joined())</ul>\n"
  }
}

extension Image {
  /// Half as wide and high where that is large enough; heat maps have no small parts.
  fileprivate var halved: Image {
    min(width, height) < 64 ? self : shrunk(width: width / 2, height: height / 2)
  }
}

/// A square of a class's colour.
func swatch(_ colors: ColorMap, _ label: Int) -> String {
  guard let label = UInt8(exactly: label) else { return "" }
  return "<i class=\"swatch\" style=\"background:\(colors[label].hex)\"></i>"
}
