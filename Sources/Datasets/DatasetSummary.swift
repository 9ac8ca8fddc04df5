import Dispatch
import Files
import Foundation
import Images

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

    /// Pixels with a class over all pixels, 0...1.
    public var labelledShare: Double {
      let labelled = pixels.reduce(0, +)
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

  private init(classes: ClassList, hasScribbles: Bool, hasGroundTruth: Bool) {
    self.classes = classes
    scribbles = hasScribbles ? Labels(classCount: classes.count) : nil
    groundTruth = hasGroundTruth ? Labels(classCount: classes.count) : nil
  }

  /// Loads every image of the data set on `threads` threads; throws what the first faulty one in list order throws.
  public init(of dataset: SegmentationDataset, threads: Int = 2) throws(FileError) {
    precondition(threads > 0, "somebody has to work")
    let empty = DatasetSummary(
      classes: dataset.classes, hasScribbles: dataset.layout.scribbles != nil,
      hasGroundTruth: dataset.layout.masks != nil)
    // Stretches of the list one after another, so that ids stay in its order.
    let stretch = (dataset.count + threads - 1) / threads
    let parts = Parts(count: threads)
    DispatchQueue.concurrentPerform(iterations: threads) { part in
      parts.set(
        part,
        Result { () throws(FileError) in
          var summary = empty
          for item in dataset.items.dropFirst(part * stretch).prefix(stretch) {
            if parts.hasFailed(before: part) { break }
            summary.add(try dataset.load(item))
          }
          return summary
        })
    }
    var whole = empty
    for part in parts.results { whole.add(try part.get()) }
    self = whole
  }

  private mutating func add(_ sample: Sample) {
    count += 1
    widths = widths.including(sample.image.width)
    heights = heights.including(sample.image.height)
    let drawn = sample.scribbles.map { add($0, to: \.scribbles) }
    let present = sample.groundTruth.map { add($0, to: \.groundTruth) }
    guard let drawn else { return }
    if drawn.isEmpty {
      withoutScribble.append(sample.id)
    } else if !drawn.contains(0) {
      withoutBackgroundScribble.append(sample.id)
    } else if drawn.count == 1 {
      withBackgroundScribbleOnly.append(sample.id)
    }
    if let present, !present.isSubset(of: drawn) { withUndrawnClass.append(sample.id) }
  }

  /// Counts a label map and returns the classes that occur in it.
  private mutating func add(_ map: LabelMap, to kind: WritableKeyPath<Self, Labels?>) -> Set<Int> {
    var histogram = [Int](repeating: 0, count: Int(UInt8.max) + 1)
    histogram.withUnsafeMutableBufferPointer { counts in
      for label in map.labels { counts[Int(label)] += 1 }
    }
    let present = Set((0..<classes.count).filter { histogram[$0] > 0 })
    for label in present {
      self[keyPath: kind]?.pixels[label] += histogram[label]
      self[keyPath: kind]?.images[label] += 1
    }
    self[keyPath: kind]?.unlabelledPixels += histogram[Int(Label.ignored)]
    return present
  }

  private mutating func add(_ other: DatasetSummary) {
    count += other.count
    widths = widths.including(other.widths)
    heights = heights.including(other.heights)
    scribbles?.add(other.scribbles)
    groundTruth?.add(other.groundTruth)
    withoutScribble += other.withoutScribble
    withoutBackgroundScribble += other.withoutBackgroundScribble
    withBackgroundScribbleOnly += other.withBackgroundScribbleOnly
    withUndrawnClass += other.withUndrawnClass
  }

  /// Results of the threads.
  private final class Parts: @unchecked Sendable {
    private let lock = NSLock()
    private var firstFailure = Int.max
    private var slots: [Result<DatasetSummary, FileError>?]

    init(count: Int) { slots = Array(repeating: nil, count: count) }

    func set(_ part: Int, _ result: Result<DatasetSummary, FileError>) {
      lock.withLock {
        slots[part] = result
        if case .failure = result { firstFailure = min(firstFailure, part) }
      }
    }

    var results: [Result<DatasetSummary, FileError>] { lock.withLock { slots.compactMap { $0 } } }

    func hasFailed(before part: Int) -> Bool { lock.withLock { firstFailure < part } }
  }
}

extension DatasetSummary.Labels {
  fileprivate mutating func add(_ other: Self?) {
    guard let other else { return }
    for label in pixels.indices {
      pixels[label] += other.pixels[label]
      images[label] += other.images[label]
    }
    unlabelledPixels += other.unlabelledPixels
  }
}

extension ClosedRange<Int>? {
  fileprivate func including(_ value: Int) -> ClosedRange<Int> { including(value...value) ?? value...value }

  fileprivate func including(_ other: Self) -> Self {
    guard let self, let other else { return self ?? other }
    return Swift.min(self.lowerBound, other.lowerBound)...Swift.max(self.upperBound, other.upperBound)
  }
}
