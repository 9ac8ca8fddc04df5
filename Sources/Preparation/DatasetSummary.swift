import Datasets
import Foundation

/// The contents of a data set: sizes, classes, and how much of it is labelled.
package struct DatasetSummary: Sendable, Equatable {
  /// How often each class occurs in one kind of label map.
  package struct Labels: Sendable, Equatable {
    /// Number of pixels of each class.
    package internal(set) var pixels: [Int]
    /// Number of images in which each class occurs.
    package internal(set) var images: [Int]
    /// Number of pixels without a class.
    package internal(set) var unlabelledPixels = 0

    init(classCount: Int) {
      pixels = Array(repeating: 0, count: classCount)
      images = pixels
    }

    /// Number of pixels with a class.
    package var labelledPixels: Int { pixels.reduce(0, +) }

    /// Pixels with a class over all pixels, 0...1.
    package var labelledShare: Double {
      let labelled = labelledPixels
      let all = labelled + unlabelledPixels
      return all == 0 ? 0 : Double(labelled) / Double(all)
    }
  }

  package let classes: ClassList
  /// Number of images.
  package private(set) var count = 0
  /// Smallest and largest width, in pixels.
  package private(set) var widths: ClosedRange<Int>?
  /// Smallest and largest height, in pixels.
  package private(set) var heights: ClosedRange<Int>?
  /// Nil where the data set has no scribbles.
  package private(set) var scribbles: Labels?
  /// Nil where the data set has no ground truth.
  package private(set) var groundTruth: Labels?
  /// Ids of images without a stroke of any class, in list order.
  package private(set) var withoutScribble: [String] = []
  /// Ids of images with strokes, none of which is on the background, in list order.
  package private(set) var withoutBackgroundScribble: [String] = []
  /// Ids of images with strokes on the background only, in list order.
  package private(set) var withBackgroundScribbleOnly: [String] = []
  /// Ids of images with a class in the ground truth, background included, that has no stroke; in list order.
  package private(set) var withUndrawnClass: [String] = []

  /// Sums up images in list order.
  init(_ classes: ClassList, _ images: [ImageContents], hasScribbles: Bool, hasGroundTruth: Bool) {
    self.classes = classes
    scribbles = hasScribbles ? Labels(classCount: classes.count) : nil
    groundTruth = hasGroundTruth ? Labels(classCount: classes.count) : nil
    for image in images { add(image) }
  }

  private mutating func add(_ image: ImageContents) {
    count += 1
    widths = widths.including(image.width)
    heights = heights.including(image.height)
    if let labels = image.groundTruth { groundTruth?.add(labels) }
    guard let labels = image.scribbles else { return }
    scribbles?.add(labels)
    let drawn = labels.present
    if drawn.isEmpty {
      withoutScribble.append(image.id)
    } else if !drawn.contains(0) {
      withoutBackgroundScribble.append(image.id)
    } else if drawn.count == 1 {
      withBackgroundScribbleOnly.append(image.id)
    }
    if let present = image.groundTruth?.present, !present.isSubset(of: drawn) { withUndrawnClass.append(image.id) }
  }
}

extension DatasetSummary.Labels {
  fileprivate mutating func add(_ labels: ImageContents.Labels) {
    for (label, count) in labels.pixels.enumerated() where count > 0 {
      pixels[label] += count
      images[label] += 1
    }
    unlabelledPixels += labels.unlabelledPixels
  }
}

extension ClosedRange<Int>? {
  fileprivate func including(_ value: Int) -> ClosedRange<Int> {
    guard let self else { return value...value }
    return Swift.min(self.lowerBound, value)...Swift.max(self.upperBound, value)
  }
}

extension DatasetSummary: CustomStringConvertible {
  /// A few lines of facts and a table of the classes, for a terminal.
  package var description: String {
    if count == 0 { return "no image could be loaded" }
    let sizes = "\(images(count)) of \(range(widths)) x \(range(heights)) pixels"
    // Labels have no meaning where the classes are not known.
    if classes == .unknown { return sizes }
    var lines = ["\(sizes), \(classes.count) classes"]
    if let scribbles {
      lines.append("\(percent(scribbles.labelledShare)) of the pixels are scribbled")
      lines += remark("without a scribble", withoutScribble)
      lines += remark("with scribbles, but none on the background", withoutBackgroundScribble)
      lines += remark("with scribbles on the background only", withBackgroundScribbleOnly)
      if groundTruth != nil { lines += remark("with a class that has no stroke", withUndrawnClass) }
    }
    if let groundTruth {
      let rest = groundTruth.unlabelledPixels == 0 ? "" : ", the others are void"
      lines.append("\(percent(groundTruth.labelledShare)) of the pixels have a class in the masks\(rest)")
    }
    return (lines + [""] + table).joined(separator: "\n")
  }

  private var table: [String] {
    let kinds = [("scribbled", scribbles), ("masked", groundTruth)].compactMap { kind, labels in
      labels.map { (kind, $0) }
    }
    guard !kinds.isEmpty else { return [] }
    let header = ["label", "class"] + kinds.flatMap { ["images", "\($0.0) pixels"] }
    let rows = (0..<classes.count).map { label in
      ["\(label)", classes.names[label]]
        + kinds.flatMap { _, labels in
          labels.pixels[label] == 0
            ? ["none", "none"]
            : ["\(labels.images[label])", percent(Double(labels.pixels[label]) / Double(labels.labelledPixels))]
        }
    }
    let cells = [header] + rows
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 1 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
  }

  private func remark(_ property: String, _ ids: [String]) -> [String] {
    ids.isEmpty ? [] : ["\(images(ids.count)) \(property): \(firstFew(ids))"]
  }

  private func images(_ count: Int) -> String { "\(count) \(count == 1 ? "image" : "images")" }

  private func range(_ sides: ClosedRange<Int>?) -> String {
    guard let sides else { return "0" }
    return sides.count == 1 ? "\(sides.lowerBound)" : "\(sides.lowerBound)-\(sides.upperBound)"
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
