import Images

/// One image of a report: the photograph and what is known about its pixels, made small enough for a page.
public struct ReportRow: Sendable {
  /// The longer side of the pictures, at most, on a page that is not crowded.
  public static let side = 480

  /// The image's name.
  public var name: String
  /// The score of the prediction on this image alone; nil where there is nothing to compare it with.
  public var score: Score?
  let photograph: Image
  let prediction: LabelMap?
  let groundTruth: LabelMap?
  let scribbles: LabelMap?
  let annotationProbability: Image?

  /// A number in 0...1 with its name.
  public struct Score: Sendable, Equatable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }

    /// Intersection over union, averaged over the classes of the image.
    public static func meanIoU(_ value: Double) -> Score { Score("IoU", value) }
  }

  /// Pictures of at most `side` pixels. Maps have the size of the photograph, and `annotationProbability` is a heat map
  /// of it.
  public init(
    name: String, score: Score? = nil, photograph: Image, prediction: LabelMap? = nil, groundTruth: LabelMap? = nil,
    scribbles: LabelMap? = nil, annotationProbability: Image? = nil, side: Int = side
  ) {
    self.name = name
    self.score = score
    let (width, height) = photograph.size(within: side)
    self.photograph = photograph.shrunk(width: width, height: height)
    self.prediction = prediction?.shrunk(width: width, height: height)
    self.groundTruth = groundTruth?.shrunk(width: width, height: height)
    self.scribbles = scribbles?.shrunkKeepingStrokes(width: width, height: height)
    self.annotationProbability = annotationProbability?.shrunk(width: width, height: height)
  }

  /// The classes that are seen in the pictures, ascending.
  var labels: [Int] {
    let present = [prediction, groundTruth, scribbles].compactMap { $0?.isPresent }
    return (0..<Int(Label.ignored)).filter { label in present.contains { $0[label] } }
  }

  /// The same with pictures of at most `side` pixels.
  func shrunk(to side: Int) -> ReportRow {
    ReportRow(
      name: name, score: score, photograph: photograph, prediction: prediction, groundTruth: groundTruth,
      scribbles: scribbles, annotationProbability: annotationProbability, side: side)
  }
}
