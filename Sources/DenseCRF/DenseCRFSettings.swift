extension DenseCRF {
  /// The strengths and reaches of a dense CRF; the defaults are those of the published evaluation.
  ///
  /// Weights are to be finite. Deviations below 0.1, which reach no other pixel or grey level, count as 0.1.
  public struct Settings: Sendable, Equatable {
    /// Standard deviation of the smoothness kernel in pixels.
    public var gaussianStandardDeviation = 3.0
    /// Weight of the smoothness kernel, which sees positions alone.
    public var gaussianWeight = 3.0
    /// Standard deviation of the appearance kernel's positions in pixels.
    public var bilateralStandardDeviation = 32.0
    /// Standard deviation of the appearance kernel's red, green and blue in grey levels of 0...255.
    public var bilateralColorDeviation = 13.0
    /// Weight of the appearance kernel, which sees positions and colours.
    public var bilateralWeight = 10.0
    /// Number of mean-field steps; 0 leaves the probabilities as they are but for the clipping.
    public var steps = 1

    public init() {}
  }
}
