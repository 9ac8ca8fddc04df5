import Datasets
import Files
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct SettingsLoadingTests {
  @Test("a file names its recipe, or has that for small data; one from before there were recipes has the published one")
  func recipes() throws {
    let folder = try TemporaryFolder()
    func kind(_ yaml: String, _ overrides: [String] = []) throws -> (Recipe, ModelSettings.Kind, Int) {
      let settings = try ExperimentSettings.load(folder.write("test.yaml", yaml), overrides: overrides)
      return (settings.recipe, settings.model.kind, settings.training.batchSize)
    }
    #expect(try kind("data: {crop: 64}") == (.smallData, .featurePyramid, 8))
    #expect(try kind("data: {crop: 64}\nrecipe: published") == (.published, .blpseg, 10))
    #expect(try kind("recipe: published\ntraining: {batch_size: 3}", ["recipe=small_data"]).2 == 3)
    let resolved = ExperimentSettings(.published).resolvedYAML
    let old = resolved.split(separator: "\n").filter { line in
      !["recipe:", "  network:", "  absent_classes:"].contains { line.hasPrefix($0) }
    }.joined(separator: "\n")
    #expect(try kind(old) == (.published, .blpseg, 10))
    #expect(try kind(ExperimentSettings(.smallData).resolvedYAML) == (.smallData, .featurePyramid, 8))
    let error = #expect(throws: SettingsError.self) { try kind("seed: 1\nrecipe: paper") }
    #expect(
      error?.description.contains("test.yaml:2: recipe is paper, and must be one of small_data, published") == true)
  }

  @Test("settings of either recipe are read back from their resolved form", arguments: Recipe.allCases)
  func resolved(recipe: Recipe) throws {
    var settings = ExperimentSettings(recipe).absolute
    settings.seed = 3
    #expect(try ExperimentSettings.parse(settings.resolvedYAML, source: "resolved") == settings)
  }

  @Test("an empty file gives every default, with the file's name", arguments: Recipe.allCases)
  func empty(recipe: Recipe) throws {
    var expected = ExperimentSettings(recipe)
    expected.name = "test"
    expected.output = "runs/test"
    // Neither is there.
    expected.data.validationList = nil
    expected.data.masks = nil
    for yaml in ["", "# nothing\n", "---\n", "model:\ndata: {}\n", "null\n"] {
      var settings = try load(yaml, recipe: recipe)
      #expect(settings.data.root.hasPrefix("/"))
      settings.data.root = "."
      #expect(settings == expected)
    }
  }

  @Test("the defaults are those of the method") func defaults() {
    let settings = ExperimentSettings()
    #expect(settings.model.network.backbone == .efficientNetLite0)
    #expect(settings.model.network.sigma == 6)
    #expect(settings.training.length == .epochs(40))
    #expect(settings.training.learningRate == 3e-5)
    #expect(settings.training.selfTrainingStart == .iteration(10_000))
    #expect(settings.data.augmentation.scale == 0.75...1.25)
    #expect(settings.evaluation.views.scales == [0.5, 0.75, 1, 1.25])
    #expect(settings.evaluation.reportImages == 12)
  }

  @Test("every setting is read into its place") func everySetting() throws {
    let folder = try TemporaryFolder()
    let settings = try ExperimentSettings.load(folder.write("test.yaml", allSettings))
    var expected = ExperimentSettings()
    expected.name = "n"
    expected.output = folder("o/p")
    expected.seed = 7
    expected.device = .cuda(1)
    expected.threads = 3
    expected.model.network.backbone = .resnet101
    expected.model.backboneWeights = .file(folder("w.pth"))
    expected.model.network.decoderWidth = 64
    expected.model.network.dropout = 0
    expected.model.network.localAggregation = false
    expected.model.network.sigma = 2.5
    expected.data.root = folder("R")
    expected.data.images = "I"
    expected.data.scribbles = "S"
    expected.data.masks = nil
    expected.data.trainList = "t.txt"
    expected.data.validationList = nil
    expected.data.classes = .names(["background", "cat & dog", "3"])
    expected.data.scribbleValues = LabelValues([0: "unlabelled", 2: "cat & dog", 7: "3"])
    expected.data.maskValues = LabelValues([255: "background"])
    expected.data.augmentation.crop = 64
    expected.data.augmentation.flipProbability = 1
    expected.data.augmentation.scale = 1...1
    expected.data.augmentation.maxSide = 640
    expected.data.workers = 1
    expected.loss.objective.scribble.weight = 0.5
    expected.loss.unlabelledWeight = 0.5
    expected.loss.objective.blp.weight = 0
    expected.loss.objective.blp.gamma = 1.5
    expected.loss.objective.partialCrossEntropy.weight = 1
    expected.loss.objective.partialCrossEntropy.classWeightLimit = 3
    expected.loss.objective.absentClasses.weight = 2
    expected.loss.objective.tags.weight = 3
    expected.loss.objective.tags.sharpness = 0
    expected.loss.objective.entropy.weight = 4
    expected.loss.objective.cellSide = 8
    expected.loss.objective.potts.weight = 5
    expected.loss.objective.potts.colorDeviation = 1
    expected.loss.objective.selfLabels.weight = 6
    expected.loss.objective.selfLabels.smoothness = 7
    expected.loss.objective.selfLabels.colorDeviation = 2
    expected.loss.objective.selfLabels.steps = 30
    expected.loss.objective.gatedCRF.weight = 7
    expected.loss.objective.gatedCRF.radius = 3
    expected.loss.objective.gatedCRF.positionDeviation = 11
    expected.loss.objective.gatedCRF.colorDeviation = 3
    expected.loss.objective.denseCRF.weight = 8
    expected.loss.objective.denseCRF.positionDeviation = 12
    expected.loss.objective.denseCRF.colorDeviation = 4
    expected.loss.objective.treeEnergy.weight = 9
    expected.loss.objective.treeEnergy.colorDeviation = 5
    expected.loss.objective.treeEnergy.usesFeatures = false
    expected.loss.teacher.kind = .ema
    expected.loss.teacher.decay = 0.9
    expected.loss.objective.teacherLabels.weight = 10
    expected.loss.objective.teacherLabels.threshold = 0.6
    expected.training.length = .iterations(30)
    expected.training.batchSize = 4
    expected.training.learningRate = 1e-4
    expected.training.optimizer.weightDecay = 0
    expected.training.optimizer.betas = .init(mean: 0.8, square: 0.99)
    expected.training.optimizer.epsilon = 1e-6
    expected.training.optimizer.decaysNormsAndBiases = false
    expected.training.optimizer.rateFactors = ["backbone": 0.1, "decoder.1": 2]
    expected.training.power = 1
    expected.training.precision = .bfloat16
    expected.training.selfTrainingStart = .fraction(0.4)
    expected.training.selfTrainingThreshold = 0.7
    expected.training.validateEvery = 0
    expected.training.checkpointEvery = 9
    expected.training.logEvery = 1
    expected.evaluation.views.scales = [1]
    expected.evaluation.views.mirror = false
    expected.evaluation.crf = true
    expected.evaluation.crfConstants.gaussianStandardDeviation = 2
    expected.evaluation.crfConstants.gaussianWeight = 1.5
    expected.evaluation.crfConstants.bilateralStandardDeviation = 40
    expected.evaluation.crfConstants.bilateralColorDeviation = 8
    expected.evaluation.crfConstants.bilateralWeight = 0
    expected.evaluation.crfConstants.steps = 5
    expected.evaluation.reportImages = 3
    #expect(settings == expected)
  }

  @Test("overrides win over the file, later ones over earlier ones") func overrides() throws {
    let settings = try load(
      "training:\n  epochs: 5\n  batch_size: 2\n",
      ["training.batch_size=3", "training.batch_size= 4", "name=other", "model={backbone: resnet18, sigma: 3}"])
    #expect(settings.training.length == .epochs(5))
    #expect(settings.training.batchSize == 4)
    #expect(settings.name == "other")
    #expect(settings.output == "runs/other")
    #expect(settings.model.network.backbone == .resnet18)
    #expect(settings.model.network.sigma == 3)
  }

  @Test("an override of iterations replaces the file's epochs") func overriddenLength() throws {
    #expect(try load("training: {epochs: 5}", ["training.iterations=3"]).training.length == .iterations(3))
    let fraction = try load("training: {self_training_start: 5}", ["training.self_training_start_fraction=0.25"])
    #expect(fraction.training.selfTrainingStart == .fraction(0.25))
  }

  @Test("classes are a file, voc or a list of names") func classes() throws {
    #expect(try load("data: {classes: voc}").data.classes == .voc)
    #expect(try load("data: {classes: names.txt}").data.classes == .file("names.txt"))
    #expect(try load("data:\n  classes:\n  - sky\n  - sea\n").data.classes == .names(["sky", "sea"]))
    #expect(try load("", ["data.classes=[a, 'b c', \"d\"]"]).data.classes == .names(["a", "b c", "d"]))
  }

  @Test("frozen features and their fit are settings, and need a backbone with weights that offers them")
  func frozenFeatures() throws {
    let model = "model: {network: frozen_features, backbone_weights: imagenet, feature_scales: [1], head_width: 64}"
    let settings = try load("\(model)\nfitting: {steps: 5, absent_weight: 0, mirror: false}")
    #expect(settings.model.kind == .frozenFeatures)
    let network = "\(settings.model.featuresConfiguration(classCount: 4))"
    #expect(network.hasSuffix("at scales 1, 4 classes, head width 64"))
    #expect((settings.fitting.steps, settings.fitting.absentWeight) == (5, 0))
    #expect(!settings.fitting.mirror)
    for refused in ["model.backbone_weights=null", "model={backbone: resnet18, backbone_weights: x.pth}"] {
      let error = #expect(throws: SettingsError.self) { try load(model, [refused]) }
      #expect(error?.problem.hasPrefix("model.network is frozen_features") == true)
    }
  }

  @Test("a text inside another file is parsed like a file") func parsing() throws {
    let settings = try load(allSettings)
    #expect(try ExperimentSettings.parse(settings.resolvedYAML, source: "x.safetensors") == settings.absolute)
    #expect(try ExperimentSettings.parse("", source: "x.safetensors").name == "experiment")
  }

  @Test("a device is read from its name and written as it") func device() {
    for name in ["auto", "cpu", "mps", "cuda:0", "cuda:127"] {
      #expect(ExperimentSettings.Device(name: name)?.name == name)
    }
    #expect(ExperimentSettings.Device(name: "cuda") == .cuda(0))
    for name in ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:128", "cpu:0"] {
      #expect(ExperimentSettings.Device(name: name) == nil)
    }
  }

  @Test("a missing file is a file error") func missing() {
    let error = #expect(throws: FileError.self) { try ExperimentSettings.load("/nowhere/x.yaml") }
    #expect(error?.reason == .missing)
  }

  @Test("resolved settings load again to equal ones", arguments: [allSettings, "", hardTexts])
  func roundTrip(yaml: String) throws {
    let settings = try load(yaml)
    #expect(try load(settings.resolvedYAML) == settings.absolute)
  }

  @Test("resolved settings give every default in the order of declaration") func resolved() throws {
    let yaml = try load("").resolvedYAML
    let output = Path.absolute("runs/test")
    #expect(
      yaml.hasPrefix(
        "recipe: published\nname: test\noutput: \(output)\nseed: 0\ndevice: auto\nthreads: 0\nmodel:\n  network: blpseg\n"
      ))
    #expect(yaml.contains("  betas: [0.9, 0.999]\n  epsilon: 1e-8\n  decay_norms_and_biases: true\n  rates: {}\n"))
    #expect(yaml.contains("  learning_rate: 3e-5\n"))
    #expect(yaml.contains("  epochs: 40\n"))
    #expect(!yaml.contains("iterations:"))
    #expect(yaml.contains("evaluation:\n  scales: [0.5, 0.75, 1, 1.25]\n  mirror: true\n  crf: false\n"))
    #expect(yaml.hasSuffix("  crf_steps: 1\n  report_images: 12\n"))
  }

  @Test("the reference has a row for every key") func reference() throws {
    let reference = ExperimentSettings.settingsReference
    for line in allSettings.split(separator: "\n") {
      let key = line.split(separator: ":")[0].trimmingCharacters(in: .whitespaces)
      #expect(reference.contains("`\(key)`"), "\(key)")
    }
    #expect(reference.contains("| `crop` | a whole number from 32 to 4096 | `320` (`384`) |"))
    #expect(reference.contains("| `name` | a name without slashes | the file's name |"))
  }

  @Test("Docs/Settings.md is the reference that the program writes")
  func referencePage() throws {
    let page = try String(contentsOfFile: "\(Fixture.root)/Docs/Settings.md", encoding: .utf8)
    #expect(page == ExperimentSettings.settingsReference)
  }
}

private let allSettings = """
  name: n
  output: o/p
  seed: 7
  device: cuda:1
  threads: 3
  model:
    backbone: resnet101
    backbone_weights: w.pth
    decoder_width: 64
    dropout: 0
    local_aggregation: false
    sigma: 2.5
  data:
    root: R
    images: I
    scribbles: S
    masks: null
    train_list: t.txt
    validation_list: ~
    classes: [background, cat & dog, 3]
    scribble_values: {0: unlabelled, 2: cat & dog, 7: 3}
    mask_values: {255: background}
    crop: 64
    flip_probability: 1
    scale: [1, 1]
    max_side: 640
    workers: 1
  loss:
    scribble: 0.5
    unlabelled_weight: 5e-1
    blp: 0
    gamma: 1.5
    partial_cross_entropy: 1
    class_weight_limit: 3
    absent_classes: 2
    tags: 3
    tag_sharpness: 0
    entropy: 4
    cell_side: 8
    potts: 5
    potts_color_deviation: 1
    self_labels: 6
    self_label_smoothness: 7
    self_label_color_deviation: 2
    self_label_steps: 30
    gated_crf: 7
    gated_crf_radius: 3
    gated_crf_position_deviation: 11
    gated_crf_color_deviation: 3
    dense_crf: 8
    dense_crf_position_deviation: 12
    dense_crf_color_deviation: 4
    tree_energy: 9
    tree_color_deviation: 5
    tree_features: false
    teacher: ema
    teacher_decay: 0.9
    teacher_labels: 10
    teacher_threshold: 0.6
  training:
    iterations: 30
    batch_size: 4
    learning_rate: 1e-4
    weight_decay: 0
    betas: [0.8, 0.99]
    epsilon: 1e-6
    decay_norms_and_biases: false
    rates: {decoder.1: 2, backbone: 0.1}
    power: 1
    precision: bfloat16
    self_training_start_fraction: 0.4
    self_training_threshold: 0.7
    validate_every: 0
    checkpoint_every: 9
    log_every: 1
  evaluation:
    scales: [1]
    mirror: false
    crf: true
    crf_gaussian_deviation: 2
    crf_gaussian_weight: 1.5
    crf_bilateral_deviation: 40
    crf_bilateral_color_deviation: 8
    crf_bilateral_weight: 0
    crf_steps: 5
    report_images: 3
  """

/// Texts that YAML would read as something else, or not at all, if they were written plainly.
private let hardTexts = #"""
  name: "null"
  output: "a: b # c"
  data:
    root: " 12 "
    images: "~"
    scribbles: 'it''s "so"'
    train_list: "\x26anchor [*alias] {?}"
    masks: "back\\slash"
    classes: ["true", 1.5, "-", "...", "über", "日本", "\u200b", "a, b", "\x26b", "!tag", "0x1f", "=", "<<"]
  """#
