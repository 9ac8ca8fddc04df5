import CRF
import Images

/// How a photograph is predicted: the views that are averaged, and the refinement of their average.
public struct PredictionRecipe: Sendable, Equatable {
  public var views: Views
  /// Constants of the dense CRF between softmax and argmax; nil without it.
  public var crf: DenseCRF.Settings?

  public init(_ views: Views, crf: DenseCRF.Settings? = nil) {
    self.views = views
    self.crf = crf
  }
}
