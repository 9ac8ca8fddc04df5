import Tensors

/// Soft labels that agree with each other and with the network, and the collision cross entropy with them (Docs/Method.md,
/// "Further losses").
///
/// On a grid of cells, with weights w_ij of neighbours as in `PottsLoss`, the soft labels y minimise
///
///     E(y) = - sum over unlabelled i of ln (y_i . P_i) + smoothness sum over pairs i, j of w_ij |y_i - y_j|^2 / 2
///
/// among distributions over the image's classes that are certain where a cell is scribbled. The loss is the mean of
/// -ln (y_i . P_i) over the unlabelled cells; no gradient flows through y. Zhang and Boykov, "Soft Self-labeling and Potts
/// Relaxations for Weakly-Supervised Segmentation" (CVPR 2025): the joint loss with H_CCE and the quadratic Potts term. Here
/// a few steps of exponentiated gradient from y = P, anew for each image, stand for its minimum.
public struct SelfLabelLoss: Loss, Equatable {
  package let name = "selflabels"
  package let title = "self-label loss"
  package let explanation = "answering otherwise than soft labels that join neighbours of similar colour"
  public var weight = 0.0
  package var needsHost: Bool { true }
  /// Weight of the pairs against the cells in E, 0...100.
  public var smoothness = 4.0
  /// As that of `PottsLoss`.
  public var colorDeviation = 15.0
  /// Steps towards the minimum of E, 0...1000.
  public var steps = 20
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  /// Probability that a class of the image keeps in y, so that no class is ruled out by rounding.
  private static let least = 1e-12

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let labels = try grid.labels(of: image)
    let isUnlabelled = try labels.isEqual(to: image.logits.shape[1]).to(grid.inside.type) * grid.inside.squeezed(1)
    let soft = try withoutGradient { try softLabels(grid, labels, present: image.classPresent, isUnlabelled) }
    let agreement = try (grid.scores.logSoftmax(1) + soft.logarithm()).logSumExp([1])
    return try -agreement.mean(where: isUnlabelled) / Double(image.batch.images)
  }

  /// y, `[N, C, h, w]`.
  private func softLabels(
    _ grid: CoarseGrid, _ labels: Tensor, present: Tensor, _ isUnlabelled: Tensor
  ) throws -> Tensor {
    let classes = grid.probability.shape[1]
    let seeds = try labels.oneHot(classes).to(grid.inside.type)
    let isFree = try labels.isEqual(to: classes).unsqueezed(1).to(grid.inside.type)
    let present = try present.to(grid.inside.type)
    func constrained(_ y: Tensor) throws -> Tensor {
      let y = try y.clamped(Self.least) * present
      return try y / y.sum([1], keepingDimensions: true) * isFree + seeds
    }
    let pairs = try grid.neighbourWeights(colorDeviation: colorDeviation)
    // Below this E falls with each step: the curvature of its terms relative to the entropy's is 8 times the smoothness, and
    // seldom above 4.
    let rate = 1 / (4 + 8 * smoothness)
    let free = try isUnlabelled.unsqueezed(1)
    let probability = try (grid.probability * present).clamped(Self.least)
    var y = try constrained(probability)
    for _ in 0..<steps {
      let agreement = try (y * probability).sum([1], keepingDimensions: true)
      let slope = try probability / agreement * -1 * free
      for pair in pairs {
        let pull = try pair.weight * pair.differences(y) * smoothness
        let (near, next) = try NeighbourWeights.pairs(slope, pair.dimension)
        try near.add(pull)
        try next.add(-pull)
      }
      // The largest exponent of a cell becomes 0, so that none overflows.
      let exponent = try slope * -rate
      let largest = try exponent.maximum(1).values.unsqueezed(1)
      y = try constrained(y * (exponent - largest).exponential())
    }
    return y
  }
}

/// Cross entropy at unlabelled pixels with a teacher's soft labels (Docs/Method.md, "Further losses").
///
/// With Q the teacher's probabilities over the classes present in the image, of which those of absent classes are 0,
///
///     - mean over i of [largest Q_ic >= threshold] sum over c of Q_ic log P_ic
///
/// where i are all unlabelled pixels. A teacher for consistency is Tarvainen and Valpola's (NIPS 2017); counting as 0 where
/// it is not sure, in a mean over all pixels, is Sohn et al.'s, "FixMatch" (NeurIPS 2020). Without gradient to the teacher; 0
/// as long as there is none.
public struct TeacherLabelLoss: Loss, Equatable {
  package let name = "teacher"
  package let title = "teacher loss"
  package let explanation = "answering otherwise than the teacher where it is sure and nothing is scribbled"
  public var weight = 0.0
  /// The probability that the teacher's likeliest class needs, 0...1.
  public var threshold = 0.7

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    guard let teacher = image.teacherLogits else { return try image.logits.sum() * 0 }
    let isUnlabelled = try image.labels.isEqual(to: image.logits.shape[1])
    let target = try withoutGradient { () throws(TorchError) in
      let probability = try teacher.filled(where: image.classPresent.isEqual(to: 0), with: -.infinity).softmax(1)
      let isSure = try probability.maximum(1).values.isAtLeast(threshold)
      return try probability * isSure.unsqueezed(1).to(probability.type)
    }
    let surprise = try -(target.to(image.logits.type) * image.logits.logSoftmax(1)).sum([1])
    return try surprise.mean(where: isUnlabelled) / Double(image.batch.images)
  }
}

/// Mean entropy of the class probabilities at unlabelled pixels (Docs/Method.md, "Further losses").
///
///     - mean over i of sum over c of P_ic log P_ic
///
/// Grandvalet and Bengio, "Semi-supervised Learning by Entropy Minimization" (NIPS 2004): the conditional entropy.
public struct EntropyLoss: Loss, Equatable {
  package let name = "entropy"
  package let title = "entropy"
  package let explanation = "being undecided where nothing is scribbled"
  public var weight = 0.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let logProbability = try image.logits.logSoftmax(1)
    let entropy = try -(logProbability.exponential() * logProbability).sum([1])
    let isUnlabelled = try image.labels.isEqual(to: image.logits.shape[1])
    return try entropy.mean(where: isUnlabelled) / Double(image.batch.images)
  }
}
