import Foundation

/// An overlay for a photograph of the same size: few colours, each with its opacity.
///
/// Its PNG is small, so that a page can hold several for one photograph.
package struct Layer: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// `height * width` indices into `inks`.
  private(set) var indices: [UInt8]
  /// At most 256; the first one is transparent.
  private(set) var inks = [Ink(color: Color(0, 0, 0), opacity: 0)]

  struct Ink: Sendable, Hashable {
    let color: Color
    /// 0...1
    let opacity: Float
  }

  /// The ink of each pixel, nil for none. At most 255 different inks are kept.
  private init(width: Int, height: Int, _ pixels: [Ink?]) {
    precondition(pixels.count == width * height, "a layer has an ink or none at each pixel")
    (self.width, self.height) = (width, height)
    var known: [Ink: UInt8] = [:]
    indices = []
    indices.reserveCapacity(pixels.count)
    for ink in pixels {
      guard let ink else {
        indices.append(0)
        continue
      }
      if known[ink] == nil, inks.count <= Int(UInt8.max) {
        known[ink] = UInt8(inks.count)
        inks.append(ink)
      }
      indices.append(known[ink] ?? 0)
    }
  }

  /// Whether it is transparent everywhere.
  package var isEmpty: Bool { inks.count == 1 }

  /// The bytes of a PNG file of this layer.
  package func pngData() throws(ImageEncodingError) -> Data {
    try ImageEncoder.png(
      indices, width: width, height: height, palette: inks.flatMap { [$0.color.red, $0.color.green, $0.color.blue] },
      opacities: inks.map { UInt8(($0.opacity * 255).rounded()) })
  }
}

extension Layer {
  /// The regions of a label map in their colours, the background and what is not known left out.
  package init(regions map: LabelMap, colors: ColorMap) {
    self.init(
      width: map.width, height: map.height,
      map.labels.map { Layer.isShown[Int($0)] ? Ink(color: colors[$0], opacity: 1) : nil })
  }

  /// Lines around the regions of a label map: in a lighter tone of their colours inside, dark outside.
  ///
  /// They can be shown without the regions, and pages scale them down.
  package init(edges map: LabelMap, colors: ColorMap) {
    let edges = map.edges(isShown: Layer.isShown, thickness: max(map.width, map.height) < 200 ? 1 : 2)
    self.init(
      width: map.width, height: map.height,
      zip(map.labels, edges).map { label, edge in
        switch edge {
        case .none: nil
        case .outside: Ink(color: Color(0, 0, 0), opacity: 0.6)
        case .inside: Ink(color: Color(Color.edge(of: colors[label].vector, lightness: 0.25)), opacity: 0.9)
        }
      })
  }

  /// Scribbles as thick strokes with an outline.
  package init(scribbles map: LabelMap, colors: ColorMap, radius: Int = 2) {
    self.init(
      width: map.width, height: map.height,
      map.strokes(radius: radius).map { stroke in
        guard let stroke else { return nil }
        let color = colors[stroke.label]
        return stroke.isOutline
          ? Ink(color: Color(Color.outline(of: color.vector)), opacity: 0.8) : Ink(color: color, opacity: 1)
      })
  }

  /// The colour of pixels that are predicted wrong.
  package static let errorColor = Color(0xFF3B30)
  /// The colour of the stripes where the ground truth is void.
  package static let voidColor = Color(0xB9BCC4)

  /// The pixels that are predicted wrong, and stripes where the ground truth is void.
  package init(errorsOf prediction: LabelMap, groundTruth: LabelMap) {
    let width = prediction.width
    precondition(groundTruth.width == width && groundTruth.height == prediction.height, "maps of one size are compared")
    self.init(
      width: width, height: prediction.height,
      groundTruth.labels.indices.map { i in
        let truth = groundTruth.labels[i]
        if truth == Label.ignored {
          return (i % width + i / width) % 6 < 2 ? Ink(color: Layer.voidColor, opacity: 0.9) : nil
        }
        return truth == prediction.labels[i] ? nil : Ink(color: Layer.errorColor, opacity: 0.85)
      })
  }

  private static let isShown = (0...255).map { $0 != 0 && $0 != Int(Label.ignored) }
}
