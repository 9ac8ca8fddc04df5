extension LabelMap {
  /// The labels scaled by `factor` on both axes, each the one at `floor(i / factor)`, as OpenCV's INTER_NEAREST does.
  ///
  /// Each side is `side * factor` rounded half to even, as in `Image.resizedCubic(by:)`.
  public func resizedNearest(by factor: Double) -> LabelMap {
    cropped(to: Crop(wholeOf: width, height, factor: factor), unlabelled: Label.ignored)
  }
}
