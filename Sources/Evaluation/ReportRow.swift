import Images

/// One image of a report: the pictures that tell how its mask came about, side by side.
public struct ReportRow: Sendable {
  /// A picture and the words below it.
  public struct Picture: Sendable {
    public var caption: String
    public var image: Image

    public init(_ caption: String, _ image: Image) {
      self.caption = caption
      self.image = image
    }
  }

  /// The image's name.
  public var name: String
  /// Mean intersection over union of this image alone, in 0...1; nil where there is no ground truth.
  public var meanIoU: Double?
  public var pictures: [Picture]

  public init(name: String, meanIoU: Double? = nil, pictures: [Picture]) {
    self.name = name
    self.meanIoU = meanIoU
    self.pictures = pictures
  }

  /// The usual row; pictures that are nil are left out.
  public init(
    name: String, meanIoU: Double? = nil, photograph: Image, scribbles: Image? = nil,
    annotationProbability: Image? = nil, prediction: Image? = nil, groundTruth: Image? = nil
  ) {
    let pictures: [(String, Image?)] = [
      ("Photograph", photograph), ("Scribbles", scribbles), ("Annotation probability", annotationProbability),
      ("Prediction", prediction), ("Ground truth", groundTruth),
    ]
    self.init(
      name: name, meanIoU: meanIoU,
      pictures: pictures.compactMap { caption, image in image.map { Picture(caption, $0) } })
  }
}
