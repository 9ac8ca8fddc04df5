import Losses
import Networks
import Training

/// Which defaults the settings of a file have; each can still be set.
public enum Recipe: String, Sendable, CaseIterable {
  /// What learns most from some hundred photographs on a laptop: a feature pyramid whose classes follow from the scribbles of a
  /// whole photograph (Docs/Results.md).
  case smallData = "small_data"
  /// The network, the losses and the schedule of the paper.
  case published
}

extension ExperimentSettings {
  /// The defaults of a recipe.
  public init(_ recipe: Recipe) {
    self.init()
    self.recipe = recipe
    guard recipe == .smallData else { return }
    model.kind = .featurePyramid
    model.network.backbone = .efficientNetLite2
    model.backboneWeights = .imageNet
    model.network.dropout = 0.3
    model.network.localAggregation = false
    model.features.tagWeight = 0.5
    data.augmentation.crop = 320
    data.augmentation.scale = 0.6...1.4
    data.augmentation.colorJitter = 0.3
    data.augmentation.maxSide = 512
    loss.objective.stride = 4
    loss.objective.scribble.weight = 0
    loss.objective.blp.weight = 0
    loss.objective.partialCrossEntropy.weight = 1
    loss.objective.partialCrossEntropy.classWeightLimit = 3
    loss.objective.absentClasses.weight = 1
    loss.objective.tagClassifier.weight = 0.5
    loss.objective.teacherLabels.weight = 0.5
    loss.teacher.kind = .ema
    loss.teacher.decay = 0.98
    training.length = .iterations(500)
    training.batchSize = 8
    training.learningRate = 1e-3
    training.optimizer.rateFactors = ["backbone": 0.1]
    training.optimizer.weightDecay = 0.02
    training.headFirst = 0.15
    training.selfTrainingStart = .fraction(0.3)
    training.validateEvery = 0
    training.checkpointEvery = 150
    evaluation.views = .single
  }
}

extension Recipe {
  /// The recipe of settings documents: what the last one that names one says; `smallData` where none does.
  ///
  /// Files that the program wrote before there were recipes give every section and no recipe: theirs is the published one, which
  /// had no alternative then.
  init(of documents: [SettingsDocument]) throws(SettingsError) {
    self = .smallData
    let sections = ["seed", "device", "threads", "output", "model", "data", "loss", "training", "evaluation"]
    for document in documents {
      guard let root = document.root?.mapping else { continue }
      if let node = root["recipe"] {
        guard let named = Self.value.read(node) else {
          throw document.error(node, "recipe is \(node.found), and must be \(Self.value.expectation)")
        }
        self = named
      } else if sections.allSatisfy({ root[$0] != nil }) {
        self = .published
      }
    }
  }

  static let value = SettingValue<Recipe>.choice(Recipe.self)
}
