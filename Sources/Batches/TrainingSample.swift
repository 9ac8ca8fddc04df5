/// One image of a training batch in plain memory, as threads can hand it over.
public struct TrainingSample: Sendable, Equatable {
  public let id: String
  /// Height and width in pixels.
  public let side: Int
  /// The normalised photograph, `[3, side, side]`; 0 where it was padded.
  public let image: [Float]
  /// `[side, side]`: a class, C where nothing was drawn, `Label.ignored` where the image was padded.
  public let scribbles: [UInt8]
  /// C numbers: 1 for classes that the scribbles of the uncropped image mention and for background, otherwise 0.
  public let classPresent: [Float]
  /// `[side, side]`: a class, or `Label.ignored` where it is unknown or padded; nil without ground truth.
  public let groundTruth: [UInt8]?
}
