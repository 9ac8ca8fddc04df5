import Files
import Images

/// The strokes drawn on one photograph.
///
/// The file format is the XML of ScribbleSup: `<size><width/><height/></size>` and per stroke
/// `<polygon><tag/><point><X/><Y/></point>...</polygon>`. The file name inside is not read, because published files
/// often name another photograph.
public struct ScribbleAnnotation: Sendable, Equatable {
  /// Width of the photograph in pixels.
  public let width: Int
  /// Height of the photograph in pixels.
  public let height: Int
  /// Strokes in the order in which they were drawn: later ones lie over earlier ones.
  public let strokes: [Stroke]
  /// The file that the annotation came from, for error messages; empty when it came from none.
  public let path: String

  public init(width: Int, height: Int, strokes: [Stroke], path: String = "") {
    precondition(width > 0 && height > 0, "a photograph has pixels")
    self.width = width
    self.height = height
    self.strokes = strokes
    self.path = path
  }

  /// The strokes as a label map: each drawn one pixel wide, `Label.ignored` where nothing was drawn.
  ///
  /// Points outside the photograph are moved to its border. Two points with m = max(|dr|, |dc|) > 1 are joined by the
  /// pixels (floor(r + i dr / m), floor(c + i dc / m)) for i in 0..<m and the end point. A stroke of one point, as a
  /// click leaves it, draws that pixel; with `dots` false it draws nothing, as in the published program. Throws when a
  /// tag is no class, or when the strokes are too long to be drawn by hand.
  public func rasterized(_ tags: ClassTags, dots: Bool = true) throws(FileError) -> LabelMap {
    var map = LabelMap(width: width, height: height, filledWith: Label.ignored)
    var length = 0
    for stroke in strokes {
      guard let label = tags[stroke.tag] else { throw unknown(stroke, tags) }
      guard stroke.points.count > (dots ? 0 : 1) else { continue }
      length += draw(stroke.points, label, on: &map, lengthLeft: ScribbleAnnotation.longestDrawn - length)
      if length > ScribbleAnnotation.longestDrawn {
        throw .invalid(path, "holds strokes of more than \(ScribbleAnnotation.longestDrawn) pixels' length in all")
      }
    }
    return map
  }

  /// Far more than hands draw, and drawn in less than a second.
  private static let longestDrawn = 1 << 28

  /// Draws until the points end or the length left is used up, and returns the number of pixels set.
  private func draw(_ points: [Stroke.Point], _ label: UInt8, on map: inout LabelMap, lengthLeft: Int) -> Int {
    let (width, height) = (width, height)
    var length = 0
    map.labels.withUnsafeMutableBufferPointer { pixels in
      var from = points[0].clamped(width, height)
      pixels[from.y * width + from.x] = label
      for point in points.dropFirst() {
        let to = point.clamped(width, height)
        let (rows, columns) = (to.y - from.y, to.x - from.x)
        let steps = max(abs(rows), abs(columns))
        if steps > 1 {
          for i in 1..<steps {
            let (r, c) = ((from.y * steps + i * rows) / steps, (from.x * steps + i * columns) / steps)
            pixels[r * width + c] = label
          }
        }
        pixels[to.y * width + to.x] = label
        from = to
        length += steps + 1
        if length > lengthLeft { return }
      }
    }
    return length
  }

  private func unknown(_ stroke: Stroke, _ tags: ClassTags) -> FileError {
    let place = stroke.line > 0 ? "line \(stroke.line): " : ""
    let hint = tags.nearest(to: stroke.tag).map { "; the nearest known tag is \"\($0)\"" } ?? ""
    return .invalid(path, "\(place)the tag \"\(stroke.tag.prefix(64))\" is no class of this data set\(hint)")
  }
}

extension Stroke.Point {
  fileprivate func clamped(_ width: Int, _ height: Int) -> Stroke.Point {
    Stroke.Point(x: min(max(x, 0), width - 1), y: min(max(y, 0), height - 1))
  }
}
