import Files

/// What a data set holds: sizes, classes, and how much of it is labelled.
public struct DatasetSummary: Sendable, Equatable {
  /// How often each class occurs in one kind of label map.
  public struct Labels: Sendable, Equatable {
    /// Number of pixels of each class.
    public internal(set) var pixels: [Int]
    /// Number of images in which each class occurs.
    public internal(set) var images: [Int]
    /// Number of pixels without a class.
    public internal(set) var unlabelledPixels = 0

    init(classCount: Int) {
      pixels = Array(repeating: 0, count: classCount)
      images = pixels
    }

    /// Number of pixels with a class.
    public var labelledPixels: Int { pixels.reduce(0, +) }

    /// Pixels with a class over all pixels, 0...1.
    public var labelledShare: Double {
      let labelled = labelledPixels
      let all = labelled + unlabelledPixels
      return all == 0 ? 0 : Double(labelled) / Double(all)
    }
  }

  public let classes: ClassList
  /// Number of images.
  public private(set) var count = 0
  /// Smallest and largest width, in pixels.
  public private(set) var widths: ClosedRange<Int>?
  /// Smallest and largest height, in pixels.
  public private(set) var heights: ClosedRange<Int>?
  /// Nil where the data set has no scribbles.
  public private(set) var scribbles: Labels?
  /// Nil where the data set has no ground truth.
  public private(set) var groundTruth: Labels?
  /// Ids of images without a stroke of any class, in list order.
  public private(set) var withoutScribble: [String] = []
  /// Ids of images with strokes, none of which is on the background, in list order.
  public private(set) var withoutBackgroundScribble: [String] = []
  /// Ids of images with strokes on the background only, in list order.
  public private(set) var withBackgroundScribbleOnly: [String] = []
  /// Ids of images with a class in the ground truth, background included, on which nobody drew; in list order.
  public private(set) var withUndrawnClass: [String] = []

  /// Loads every image of the data set on `threads` threads; throws what the first faulty one in list order throws.
  public init(of dataset: SegmentationDataset, threads: Int = 2) throws(FileError) {
    let examination = DatasetExamination(of: dataset, threads: threads)
    if let fault = examination.faults.first { throw fault }
    self = examination.summary
  }

  /// Sums up images in list order.
  init(_ classes: ClassList, _ images: [ImageContents], hasScribbles: Bool, hasGroundTruth: Bool) {
    self.classes = classes
    scribbles = hasScribbles ? Labels(classCount: classes.count) : nil
    groundTruth = hasGroundTruth ? Labels(classCount: classes.count) : nil
    for image in images { add(image) }
  }

  private mutating func add(_ image: ImageContents) {
    count += 1
    widths = widths.including(image.width)
    heights = heights.including(image.height)
    if let labels = image.groundTruth { groundTruth?.add(labels) }
    guard let labels = image.scribbles else { return }
    scribbles?.add(labels)
    let drawn = labels.present
    if drawn.isEmpty {
      withoutScribble.append(image.id)
    } else if !drawn.contains(0) {
      withoutBackgroundScribble.append(image.id)
    } else if drawn.count == 1 {
      withBackgroundScribbleOnly.append(image.id)
    }
    if let present = image.groundTruth?.present, !present.isSubset(of: drawn) { withUndrawnClass.append(image.id) }
  }
}

extension DatasetSummary.Labels {
  fileprivate mutating func add(_ labels: ImageContents.Labels) {
    for (label, count) in labels.pixels.enumerated() where count > 0 {
      pixels[label] += count
      images[label] += 1
    }
    unlabelledPixels += labels.unlabelledPixels
  }
}

extension ClosedRange<Int>? {
  fileprivate func including(_ value: Int) -> ClosedRange<Int> {
    guard let self else { return value...value }
    return Swift.min(self.lowerBound, value)...Swift.max(self.upperBound, value)
  }
}
