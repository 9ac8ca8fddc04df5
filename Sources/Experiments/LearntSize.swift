import Datasets
import Images

/// How large the photographs were that a network was trained on, as it saw them.
public struct LearntSize: Sendable, Equatable {
  /// From how many times the typical longer side on a photograph is doubted.
  ///
  /// Training sees photographs at 0.75 to 1.25 of their size, and prediction at 0.5 to 1.25 of its own: of one twice as
  /// large the smallest view still has the size that was learnt, of a larger one none has.
  public static let doubtedFactor = 2

  /// The median of the longer sides, in pixels.
  public let typicalSide: Int

  public init(typicalSide: Int) { self.typicalSide = typicalSide }

  /// Whether a photograph of this size, of which at most `maxSide` pixels a side are seen, is too large to be told well.
  public func isExceeded(width: Int, height: Int, maxSide: Int?) -> Bool {
    let side = max(width, height)
    return min(side, maxSide ?? side) > Self.doubtedFactor * typicalSide
  }
}

extension Experiment {
  /// What checkpoints say beside their tensors.
  func checkpointMetadata(_ training: SegmentationDataset) -> [String: String] {
    CheckpointMetadata(self, typicalSide: isFirst ? typicalSide(of: training) : nil).entries
  }

  /// The median of the longer sides of the photographs, in pixels, after they are reduced; of at most 100 that are spread
  /// evenly over the list. Nil where none can be read.
  private func typicalSide(of training: SegmentationDataset) -> Int? {
    let count = min(100, training.count)
    let sides = (0..<count).compactMap { index -> Int? in
      let size = try? Image.size(ofFile: training.items[index * training.count / count].image)
      return size.map { max($0.width, $0.height) }
    }.sorted()
    guard !sides.isEmpty else { return nil }
    let median = sides[sides.count / 2]
    return min(median, settings.data.maxSide ?? median)
  }
}
