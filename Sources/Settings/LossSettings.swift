import Losses
import Networks

/// The section `loss`. A loss is a member of `Objective.Settings`, and its settings are declared here.
public struct LossSettings: Sendable, Equatable {
  /// Whose answers become pseudo labels.
  public enum TeacherKind: String, Sendable, CaseIterable {
    /// Those of the network that learns.
    case own
    /// Those of the moving average of its weights.
    case ema
  }

  public struct Teacher: Sendable, Equatable {
    public var kind = TeacherKind.own
    /// Decay of the moving average per step, 0..<1.
    public var decay = 0.995

    public init() {}

    /// The decay of the moving average; nil where the network teaches itself.
    public var averageDecay: Double? { kind == .ema ? decay : nil }
  }

  public var objective = Objective.Settings()
  /// Weight of the class "unlabelled" in the scribble loss, 0...1; a part of the network's checkpoints.
  public var unlabelledWeight = BLPSeg.publishedUnlabelledWeight
  public var teacher = Teacher()

  public init() {}
}

extension LossSettings: SettingsSection {
  package static let settings: [Setting<LossSettings>] =
    [
      weight(
        "scribble", \.objective.scribble.weight, "the scribble loss: which pixels are scribbled on, with which class"),
      Setting(
        "unlabelled_weight", \.unlabelledWeight, .number(0...1),
        "Weight of the class \"unlabelled\" in the scribble loss."),
      weight("blp", \.objective.blp.weight, "the BLP loss, which learns the classes"),
      Setting(
        "gamma", \.objective.blp.gamma, .number(0...10),
        "How strongly the BLP loss weights pixels down that are often annotated or already learnt; 0 weights all alike."
      ),
    ] + pixelwise + pairwise + teaching

  private static func weight(
    _ key: String, _ keyPath: any WritableKeyPath<LossSettings, Double> & Sendable, _ loss: String
  ) -> Setting<LossSettings> {
    Setting(key, keyPath, .number(0...1000), "Weight of \(loss); 0 leaves it out.")
  }

  private static let pixelwise: [Setting<LossSettings>] = [
    weight(
      "partial_cross_entropy", \.objective.partialCrossEntropy.weight,
      "partial cross entropy: labelling the scribbled pixels, all alike or by `class_weight_limit`"),
    Setting(
      "class_weight_limit", \.objective.partialCrossEntropy.classWeightLimit, .number(1...100),
      "Largest weight of a class in partial cross entropy: a class that the batch has a quarter as many scribbled pixels of as "
        + "of the most frequent one weighs 2, by the root of the quotient, up to this; 1 weights all alike."),
    weight(
      "absent_classes", \.objective.absentClasses.weight,
      "the absent-class loss: no pixel, scribbled or not, has a class that the photograph has no scribble of"),
    weight("tags", \.objective.tags.weight, "the tag loss: which classes the photograph has, by its pooled scores"),
    Setting(
      "tag_sharpness", \.objective.tags.sharpness, .number(0...20),
      "How the tag loss pools scores: 0 takes their mean, larger numbers come near to the largest."),
    weight(
      "tag_classifier", \.objective.tagClassifier.weight,
      "the same for the classifier of `feature_pyramid`, whose answers `model.tag_weight` adds to the scores"),
    weight("entropy", \.objective.entropy.weight, "the entropy of the answers at pixels without a scribble"),
  ]

  private static let pairwise: [Setting<LossSettings>] = [
    Setting(
      "stride", \.objective.stride, .whole(1...32),
      "Side in pixels of the squares that all losses take for pixels: 4, the stride of the scores, computes them several times "
        + "faster than 1, which is the published way. It divides `data.crop`."),
    Setting(
      "cell_side", \.objective.cellSide, .whole(1...32),
      "Side in pixels of the cells on whose grid the following losses are computed."),
    weight("potts", \.objective.potts.weight, "the Potts loss: neighbours of similar colour have similar answers"),
    deviation("potts_color_deviation", \.objective.potts.colorDeviation, "the Potts loss"),
    weight(
      "self_labels", \.objective.selfLabels.weight,
      "collision cross entropy with soft labels that join neighbours of similar colour"),
    Setting(
      "self_label_smoothness", \.objective.selfLabels.smoothness, .number(0...100),
      "Weight of the neighbours against the network's answers in the soft labels."),
    deviation("self_label_color_deviation", \.objective.selfLabels.colorDeviation, "the soft labels"),
    Setting("self_label_steps", \.objective.selfLabels.steps, .whole(0...1000), "Steps that find the soft labels."),
    weight(
      "gated_crf", \.objective.gatedCRF.weight, "the gated CRF loss: near cells have similar answers, by colour"),
    Setting("gated_crf_radius", \.objective.gatedCRF.radius, .whole(1...32), "Reach of the gated CRF loss in cells."),
    Setting(
      "gated_crf_position_deviation", \.objective.gatedCRF.positionDeviation, .number(above: 0, to: 10_000),
      "Distance in pixels over which the gated CRF loss acts, within its reach."),
    deviation("gated_crf_color_deviation", \.objective.gatedCRF.colorDeviation, "the gated CRF loss"),
    weight(
      "dense_crf", \.objective.denseCRF.weight,
      "the dense CRF loss: near cells of similar colour have similar answers, all over the photograph"),
    Setting(
      "dense_crf_position_deviation", \.objective.denseCRF.positionDeviation, .number(above: 0, to: 10_000),
      "Distance in pixels over which the dense CRF loss acts."),
    deviation("dense_crf_color_deviation", \.objective.denseCRF.colorDeviation, "the dense CRF loss"),
    weight(
      "tree_energy", \.objective.treeEnergy.weight,
      "the tree energy loss: cells without a scribble answer as the mean along paths of similar cells"),
    deviation("tree_color_deviation", \.objective.treeEnergy.colorDeviation, "the tree energy loss"),
    Setting(
      "tree_features", \.objective.treeEnergy.usesFeatures, .flag,
      "Whether the tree energy loss has a second tree, of the decoder's features."),
  ]

  private static func deviation(
    _ key: String, _ keyPath: any WritableKeyPath<LossSettings, Double> & Sendable, _ loss: String
  ) -> Setting<LossSettings> {
    Setting(
      key, keyPath, .number(above: 0, to: 1000),
      "Difference up to which \(loss) takes colours for similar, in grey levels of 0 to 255.")
  }

  private static let teaching: [Setting<LossSettings>] = [
    Setting(
      "teacher", \.teacher.kind, .choice(TeacherKind.self),
      "Whose answers become pseudo labels in self-training: the network's own, or those of an exponential moving average (ema) "
        + "of its weights, which then also validates and predicts."),
    Setting(
      "teacher_decay", \.teacher.decay, .number(0, below: 1),
      "Share of itself that the moving average keeps in each step."),
    weight(
      "teacher_labels", \.objective.teacherLabels.weight,
      "cross entropy with the teacher's soft labels among the photograph's classes, from the start of self-training on"),
    Setting(
      "teacher_threshold", \.objective.teacherLabels.threshold, .number(0...1),
      "Probability that the likeliest class of a soft label needs."),
  ]
}
