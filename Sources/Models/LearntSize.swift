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

  /// Whether a photograph of this size, of which at most `maxSide` pixels per side are used, is too large to be predicted well.
  public func isExceeded(width: Int, height: Int, maxSide: Int?) -> Bool {
    let side = max(width, height)
    return min(side, maxSide ?? side) > Self.doubtedFactor * typicalSide
  }
}
