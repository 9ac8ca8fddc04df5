import Files
import Images

/// One photograph of a data set with what is known about it; all three pictures have the same size.
public struct Sample: Sendable, Equatable {
  public let id: String
  public let image: Image
  /// A class at scribbled pixels, `Label.ignored` elsewhere; nil where the data set has no scribbles.
  public let scribbles: LabelMap?
  /// A class a pixel, `Label.ignored` where it is not known; nil where the data set has no ground truth.
  public let groundTruth: LabelMap?
  /// What is odd about the files, which could be read all the same.
  public let warnings: [FileWarning]

  public init(
    id: String, image: Image, scribbles: LabelMap?, groundTruth: LabelMap?, warnings: [FileWarning] = []
  ) {
    for map in [scribbles, groundTruth].compactMap({ $0 }) {
      precondition(map.width == image.width && map.height == image.height, "labels have the size of the photograph")
    }
    self.id = id
    self.image = image
    self.scribbles = scribbles
    self.groundTruth = groundTruth
    self.warnings = warnings
  }
}
