import Tensors

/// The tree energy loss: unlabelled cells are to answer as the mean along paths of similar cells (Docs/Method.md, "Further
/// losses").
///
/// On a grid of cells, A_ij = exp(-sum of d along the path from i to j in a minimum spanning tree), F(x) = A x / A 1, once for
/// the tree of colours, once for that of the network's features, and
///
///     Y = F_features(F_colours(P)),  loss = sum over unlabelled i and classes of |P - Y| / number of i
///
/// Liang, Wang, Zhang, Sun and Shen, "Tree Energy Loss: Towards Sparsely Annotated Semantic Segmentation" (CVPR 2022).
/// d is |I_i - I_j|^2 / (2 sigma^2) for colours; for features it is the squared distance over its mean in the tree, as their
/// scale changes while they are learnt. The gradient reaches P on both sides and no features. Computed on the CPU, in float64.
public struct TreeEnergyLoss: Loss, Equatable {
  public let name = "tree"
  public let title = "tree energy loss"
  public let explanation = "answering otherwise than the means of similar cells where nothing is scribbled"
  public var weight = 0.0
  public var needsHost: Bool { true }
  /// sigma in grey levels of 0...255, above 0.
  public var colorDeviation = 6.0
  /// Whether there is a second tree, of the network's features.
  public var usesFeatures = true
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let labels = try grid.labels(of: image)
    let images = image.logits.shape[0]
    var losses: [Tensor] = []
    for index in 0..<images {
      func this(_ x: Tensor) throws -> Tensor { try x.sliced(0, index, index + 1) }
      let probability = try this(grid.probability)
      let (value, gradient) = try withoutGradient {
        try energy(
          probability, trees(this(grid.colors), this(image.features), this(grid.inside)),
          isUnlabelled: this(labels).isEqual(to: image.logits.shape[1]), isInside: this(grid.inside))
      }
      losses.append(try probability.carrying(value, gradient: gradient).reshaped([1]))
    }
    return try Tensor.concatenated(losses, 0).mean() * Double(images) / Double(image.batch.images)
  }

  /// The trees of one image in the order in which they filter.
  private func trees(_ colors: Tensor, _ features: Tensor, _ inside: Tensor) throws -> [SpanningForest] {
    let (height, width) = (colors.shape[2], colors.shape[3])
    let isInside = try inside.doubles().map { $0 > 0 }
    func tree(_ features: Tensor, _ scale: Double?) throws -> SpanningForest {
      SpanningForest(
        height: height, width: width, isInside: isInside, features: try features.contiguous().doubles(), scale: scale)
    }
    let low = try tree(colors, 2 * colorDeviation * colorDeviation)
    guard usesFeatures else { return [low] }
    let fitting = try features.to(.float32).resizedBilinear(height: height, width: width)
    return [low, try tree(fitting, nil)]
  }

  /// The loss of one image, and its gradient with respect to `probability`, `[1, C, h, w]`.
  private func energy(
    _ probability: Tensor, _ trees: [SpanningForest], isUnlabelled: Tensor, isInside: Tensor
  ) throws -> (value: Tensor, gradient: Tensor) {
    let own = try probability.contiguous().doubles()
    let means = trees.reduce(own) { $1.means($0) }
    let counted = try (isUnlabelled.to(.float64) * isInside.squeezed(1).to(.float64)).doubles()
    let share = 1 / max(counted.reduce(0, +), 1)
    var value = 0.0
    var slope = [Double](repeating: 0, count: own.count)
    for index in own.indices where counted[index % counted.count] > 0 {
      let difference = own[index] - means[index]
      value += abs(difference) * share
      slope[index] = difference == 0 ? 0 : difference > 0 ? share : -share
    }
    let back = trees.reversed().reduce(slope) { $1.transposedMeans($0) }
    func tensor(_ values: [Double], _ shape: [Int]) throws -> Tensor {
      try Tensor(values, shape).to(probability.type).to(probability.device)
    }
    return (try tensor([value], []), try tensor(zip(slope, back).map { $0 - $1 }, probability.shape))
  }
}
