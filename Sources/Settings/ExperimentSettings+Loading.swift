import Files
import Foundation
import Losses
import Networks
import Training

extension ExperimentSettings {
  /// The settings of a YAML file, with overrides such as "training.epochs=3" laid over them in order.
  ///
  /// What neither gives has its default. Paths in the file are relative to its folder, those in overrides to the
  /// current one; of validation images that only the defaults name nothing is kept where they are not there.
  ///
  /// Throws a `FileError` for a file that cannot be read, and a `SettingsError` for YAML that is none, an unknown
  /// setting, a value of another type or out of range, and settings that exclude each other.
  public static func load(_ path: String, overrides: [String] = []) throws -> ExperimentSettings {
    let file = try SettingsDocument(contentsOf: path)
    return try load(
      file, path, laying: overrides.map { text throws(SettingsError) in try SettingsDocument(override: text) })
  }

  /// The settings of `file`, which was read from `path`, with those of other documents laid over them in order.
  static func load(
    _ file: SettingsDocument, _ path: String, laying others: [SettingsDocument]
  ) throws -> ExperimentSettings {
    let documents = [file] + others
    var settings = try load(documents, Path.stem(of: path))
    if !documents.contains(where: { $0.gives("data", "root") }) { settings.data.root = Path.folder(of: path) }
    func isGiven(_ key: String) -> Bool { documents.contains { $0.gives("data", key) } }
    settings.data.dropAbsentValidation(isListNamed: isGiven("validation_list"), areMasksNamed: isGiven("masks"))
    return settings
  }

  /// The settings of a YAML text; `source` names it in errors.
  public static func parse(_ yaml: String, source: String) throws(SettingsError) -> ExperimentSettings {
    try load([SettingsDocument(yaml: yaml, source: source)], "experiment")
  }

  private static func load(_ documents: [SettingsDocument], _ fileName: String) throws(SettingsError) -> Self {
    var settings = ExperimentSettings(try Recipe(of: documents))
    settings.name = ""
    settings.output = ""
    for document in documents {
      guard let root = document.root else { continue }
      try settings.read(root, path: "", from: document)
    }
    if settings.name.isEmpty { settings.name = fileName }
    if settings.output.isEmpty { settings.output = "runs/\(settings.name)" }
    if settings.model.kind != .blpseg { try settings.requireExtractor(documents[0].source) }
    if settings.model.backboneWeights == .imageNet, settings.model.network.backbone.pretrained.installed == nil {
      throw SettingsError(
        source: documents[0].source,
        problem:
          "model.backbone_weights is imagenet, which there is for \(ModelSettings.installed) only, and model.backbone is "
          + "\(settings.model.network.backbone.name); give the path of a state dict")
    }
    return settings
  }

  /// Throws where the backbone offers no extractor, or would start from random numbers.
  private func requireExtractor(_ source: String) throws(SettingsError) {
    guard model.network.backbone.extractor != nil else {
      throw SettingsError(
        source: source,
        problem:
          "model.network is \(model.kind.rawValue), which there is with \(ModelSettings.extractors) only, and model.backbone is "
          + "\(model.network.backbone.name); the network of the paper takes every backbone, with recipe: published")
    }
    guard model.backboneWeights != nil else {
      throw SettingsError(
        source: source,
        problem:
          "model.network is \(model.kind.rawValue), and model.backbone_weights is null: features of random weights tell "
          + "nothing, and their statistics are not learnt; name weights, as with imagenet")
    }
  }

  /// The same settings with absolute paths, which mean the same from every folder.
  public var absolute: ExperimentSettings {
    var settings = self
    settings.locate(.absolute)
    return settings
  }

  /// All settings with their values as YAML, which `load` reads back to `absolute`.
  public var resolvedYAML: String { absolute.yamlLines.joined(separator: "\n") + "\n" }

  /// A description of every setting: Markdown tables, one for each section.
  package static var settingsReference: String {
    let (defaults, published) = (ExperimentSettings(.smallData), ExperimentSettings(.published))
    let sections = settings.compactMap { section in
      section.reference(defaults, published).map { "## `\(section.key)`\n\n\(section.meaning)\n\n\($0)" }
    }
    return (["# Settings", settingsIntroduction, "## Top level\n\n\(reference(defaults, published))"] + sections)
      .joined(separator: "\n\n")
      + "\n"
  }

  private static let settingsIntroduction = """
    What a settings file may hold, in YAML; every setting has a default. Where the recipe `published` has another one, it stands in \
    brackets. On the command line `--set training.epochs=3` \
    overrides one. `blpseg inspect settings` writes this page.

    Relative paths of a settings file are relative to the folder that the file lies in, those of `--set` to the current \
    folder; `~` is the home folder. A run's `settings.yaml` and checkpoints keep them as absolute paths. Where a run or its \
    data have been moved since, say so: `--set data.root=FOLDER`, `--set output=FOLDER`.
    """
}

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
