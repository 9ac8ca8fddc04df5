/// A square cut from a picture after mirroring and scaling, padded where the picture is smaller.
///
/// It maps each of its pixels to the source, so that `FloatImage.init(_:croppedTo:normalizedBy:)` and
/// `LabelMap.cropped(to:unlabelled:)` compute these pixels only, without the whole mirrored or scaled picture.
public struct Crop: Sendable, Equatable {
  /// One axis: `count` pixels go from `source` in the scaled picture to `target` in a result of `side` pixels.
  struct Axis: Sendable, Equatable {
    let scaling: Scaling
    let source: Int
    let target: Int
    let count: Int
    let side: Int

    /// A part of a long axis, or a padded short one.
    init(_ scaling: Scaling, croppedTo side: Int, offset: (_ bound: Int) -> Int) {
      let length = scaling.length
      let bound = abs(length - side) + 1
      let offset = offset(bound)
      precondition(0..<bound ~= offset, "a crop lies inside the picture, or the picture inside the crop")
      self.scaling = scaling
      source = length > side ? offset : 0
      target = length > side ? 0 : offset
      count = min(length, side)
      self.side = side
    }

    /// The whole of an axis.
    init(_ scaling: Scaling) {
      self.scaling = scaling
      (source, target, count, side) = (0, 0, scaling.length, scaling.length)
    }

    /// The part of the scaled axis that is kept.
    var kept: Range<Int> { source..<source + count }
  }

  let isMirrored: Bool
  let rows: Axis
  let columns: Axis

  /// `side` x `side` pixels of a picture of `width` x `height`, mirrored left and right where `isMirrored`, and scaled
  /// by `factor` on both axes.
  ///
  /// A scaled axis has `length * factor` pixels, rounded half to even. `offset` is called once for the rows and then
  /// once for the columns, and returns an integer from 0 up to, not including, its argument: the number of pixels left
  /// out before the crop on an axis longer than `side`, or padded before a shorter one.
  public init(
    width: Int, height: Int, isMirrored: Bool, factor: Double, side: Int, offset: (_ bound: Int) -> Int
  ) {
    precondition(side > 0, "a crop has pixels")
    self.isMirrored = isMirrored
    rows = Axis(Scaling(source: height, factor: factor), croppedTo: side, offset: offset)
    columns = Axis(Scaling(source: width, factor: factor), croppedTo: side, offset: offset)
  }

  /// The whole of a picture, scaled.
  init(wholeOf width: Int, _ height: Int, factor: Double) {
    isMirrored = false
    rows = Axis(Scaling(source: height, factor: factor))
    columns = Axis(Scaling(source: width, factor: factor))
  }

  /// Number of pixels, padding included.
  var area: Int { rows.side * columns.side }

  /// Whether there are pixels outside the picture.
  var isPadded: Bool { rows.count < rows.side || columns.count < columns.side }

  /// Whether it was made for a picture of this size.
  func fits(_ width: Int, _ height: Int) -> Bool { columns.scaling.source == width && rows.scaling.source == height }
}
