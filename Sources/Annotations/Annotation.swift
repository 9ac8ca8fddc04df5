import Files
import Images

/// What an annotator drew on one photograph: marks, a bitmap of labels, or marks over a bitmap.
package struct Annotation: Sendable, Equatable {
  /// Width of the photograph in pixels.
  package let width: Int
  /// Height of the photograph in pixels.
  package let height: Int
  /// Labels by pixel, as label images hold them; `Label.ignored` where nothing was drawn. Nil where marks are all.
  package var bitmap: LabelMap?
  /// Marks in the order in which they were drawn: later ones lie over earlier ones, all of them over the bitmap.
  package var marks: [Mark]
  /// The file that the annotation came from, for error messages; empty when it came from none.
  package let path: String

  /// Sides must be positive, and a bitmap must have the same ones.
  package init(width: Int, height: Int, bitmap: LabelMap? = nil, marks: [Mark] = [], path: String = "") {
    precondition(width > 0 && height > 0, "a photograph has pixels")
    precondition(bitmap.map { ($0.width, $0.height) == (width, height) } ?? true, "a bitmap has its photograph's size")
    (self.width, self.height) = (width, height)
    (self.bitmap, self.marks) = (bitmap, marks)
    self.path = path
  }
}

/// A shape of one class.
package struct Mark: Sendable, Equatable {
  /// A pixel of the photograph, counted from 0 at its upper left corner; it may lie outside.
  package struct Point: Sendable, Equatable {
    package let x: Int
    package let y: Int

    /// Coordinates beyond `farthest` are moved to it, so that arithmetic on them cannot overflow.
    package init(x: Int, y: Int) {
      func bounded(_ value: Int) -> Int { min(max(value, -Point.farthest), Point.farthest) }
      (self.x, self.y) = (bounded(x), bounded(y))
    }

    /// The largest coordinate, and with a minus the smallest one.
    package static let farthest = 1_000_000
  }

  /// `Annotation.rasterized` says which pixels belong to a shape.
  package enum Shape: Sendable, Equatable {
    /// A line that joins its points, `width` pixels wide.
    case line([Point], width: Int)
    /// The inside of a polygon with these corners; the last one is joined to the first.
    case region([Point])
    /// A disc of 2 radius + 1 pixels across: a click has the radius 0.
    case dot(Point, radius: Int)
  }

  /// The name of the class, as the annotation writes it.
  package let tag: String
  package let shape: Shape
  /// The line of the file on which the mark ends, counted from 1; 0 for a mark that came from no file.
  package let line: Int

  package init(_ tag: String, _ shape: Shape, line: Int = 0) {
    (self.tag, self.shape, self.line) = (tag, shape, line)
  }
}

extension Annotation {
  /// The annotation in a file, whose format is recognised by its first bytes, not by its name.
  ///
  /// Throws when the file is missing or in no format of `AnnotationFormats`, and when its size is not that of
  /// `photograph`; without `photograph` any size is accepted. Problems of a file that can be read nevertheless are
  /// added to `warnings`.
  package init(
    contentsOf path: String, for photograph: ImageHeader?, _ warnings: inout [FileWarning]
  ) throws(FileError) {
    let bytes = try InputFile.read(path)
    func requireSize(_ width: Int, _ height: Int) throws(FileError) {
      guard let photograph, (photograph.width, photograph.height) != (width, height) else { return }
      let advice =
        photograph.adviceOnOrientation(forLabels: width, height)
        ?? "draw it again, or use the photograph that it was drawn on"
      throw .invalid(
        path,
        "is for \(width) x \(height) pixels, its photograph has \(photograph.width) x \(photograph.height); \(advice)")
    }
    let format = try AnnotationFormats.format(of: bytes, path: path)
    self = try format.read(bytes, path: path, &warnings, checkingSize: requireSize)
    try requireSize(width, height)
  }

  /// The same without the warnings.
  package init(contentsOf path: String, for photograph: ImageHeader? = nil) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(contentsOf: path, for: photograph, &warnings)
  }
}
