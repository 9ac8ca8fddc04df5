import Files
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct SettingsErrorTests {
  @Test("an unknown setting is refused with its line and the nearest name") func unknown() throws {
    #expect(
      try message("name: x\ntraining:\n  epochs: 3\n  learnig_rate: 1\n")
        == "test.yaml:4: training.learnig_rate is not a setting; did you mean learning_rate?")
    #expect(try message("modle: {}\n") == "test.yaml:1: modle is not a setting; did you mean model?")
  }

  @Test("a setting of another section is suggested with its section") func misplaced() throws {
    #expect(try message("\n\nepochs: 3\n") == "test.yaml:3: epochs is not a setting; did you mean training.epochs?")
  }

  @Test("where nothing is near, the section's settings are listed") func nothingNear() throws {
    #expect(
      try message("model: {xyzzy: 1}")
        == "test.yaml:1: model.xyzzy is not a setting; model has network, backbone, backbone_weights, decoder_width, "
        + "output_stride, dropout, local_aggregation, sigma, feature_scales, head_width, tag_weight.")
  }

  @Test("an unknown override gets the same suggestion without a line") func unknownOverride() throws {
    #expect(
      try message("", ["training.epoch=3"])
        == "override training.epoch=3: training.epoch is not a setting; did you mean epochs?")
    #expect(try message("", ["sede=3"]) == "override sede=3: sede is not a setting; did you mean seed?")
  }

  @Test("an override is written key=value", arguments: ["training.epochs", "", "=3", "training..epochs=3", ".=1"])
  func malformedOverride(text: String) throws {
    #expect(
      try message("", [text])
        == "override \(text): an override is written section.key=value, as in training.epochs=3.")
  }

  @Test(
    "a value of another type or out of range is refused with what was found and expected",
    arguments: [
      ("training: {epochs: many}", "training.epochs is many, and must be a whole number from 1 to 1000000"),
      ("training: {epochs: 0}", "training.epochs is 0, and must be a whole number from 1 to 1000000"),
      ("training: {epochs: 2.5}", "training.epochs is 2.5, and must be a whole number from 1 to 1000000"),
      ("training: {epochs: '3'}", "training.epochs is \"3\", and must be a whole number from 1 to 1000000"),
      ("training: {epochs: }", "training.epochs is nothing, and must be a whole number from 1 to 1000000"),
      (
        "training: {epochs: 99999999999999999999}",
        "training.epochs is 99999999999999999999, and must be a whole number from 1 to 1000000"
      ),
      ("training: {learning_rate: 0}", "training.learning_rate is 0, and must be a number above 0, up to 1"),
      ("training: {learning_rate: nan}", "training.learning_rate is nan, and must be a number above 0, up to 1"),
      ("training: {learning_rate: 1e999}", "training.learning_rate is 1e999, and must be a number above 0, up to 1"),
      ("training: {batch_size: 0}", "training.batch_size is 0, and must be a whole number from 1 to 4096"),
      ("training: {precision: half}", "training.precision is half, and must be one of float32, bfloat16, float16"),
      (
        "training: {rates: {backbone: 0}}",
        "training.rates is a section, and must be factors by beginnings of names, as in {backbone: 0.1}, each a number "
          + "above 0, up to 1000"
      ),
      (
        "training: {betas: [0.9]}",
        "training.betas is [0.9], and must be a list of two numbers, each a number from 0, below 1"
      ),
      ("data: {crop: 31}", "data.crop is 31, and must be a whole number from 32 to 4096"),
      (
        "data: {scale: [1.25, 0.75]}",
        "data.scale is [1.25, 0.75], and must be [lowest, highest], two numbers from 0.1 to 4 in ascending order"
      ),
      (
        "data: {classes: [a, a]}",
        "data.classes is [a, a], and must be a file relative to root, voc, context, or a list of 2 to 254 different names"
      ),
      (
        "evaluation: {scales: []}",
        "evaluation.scales is [], and must be a list of 1 to 16 numbers, each a number from 0.1 to 4"
      ),
      (
        "evaluation: {scales: [5]}",
        "evaluation.scales is [5], and must be a list of 1 to 16 numbers, each a number from 0.1 to 4"
      ),
      ("evaluation: {mirror: yes}", "evaluation.mirror is yes, and must be true or false"),
      (
        "evaluation: {report_images: -1}",
        "evaluation.report_images is -1, and must be a whole number from 0 to 1000"
      ),
      ("model: {dropout: 1}", "model.dropout is 1, and must be a number from 0, below 1"),
      ("model: 3", "model is 3, and must be a section of settings, one \"key: value\" per line"),
      ("model: [[1]]", "model is a nested list, and must be a section of settings, one \"key: value\" per line"),
      ("name: {a: b}", "name is a section, and must be a name without slashes"),
      ("name: a/b", "name is a/b, and must be a name without slashes"),
      ("device: tpu9000", "device is tpu9000, and must be auto, cpu, cuda, cuda:N or mps"),
      ("device: cuda:-1", "device is cuda:-1, and must be auto, cpu, cuda, cuda:N or mps"),
      ("seed: -1", "seed is -1, and must be a whole number of at least 0"),
      ("- 1", "the file is [1], and must be a section of settings, one \"key: value\" per line"),
    ])
  func value(yaml: String, problem: String) throws {
    #expect(try message(yaml) == "test.yaml:1: \(problem).")
  }

  @Test("an error in a parsed text names its source and line") func parsed() {
    let error = #expect(throws: SettingsError.self) {
      try ExperimentSettings.parse("name: x\nsede: 3\n", source: "x.safetensors")
    }
    #expect(error?.description == "x.safetensors:2: sede is not a setting; did you mean seed?")
  }

  @Test("two ways to say the same thing exclude each other") func alternatives() throws {
    #expect(
      try message("training:\n  epochs: 3\n  iterations: 4\n").hasSuffix(
        "training.epochs and training.iterations are both given, and only one of them may be."))
    #expect(
      try message("training: {self_training_start: 3, self_training_start_fraction: 0.4}")
        .contains("training.self_training_start and training.self_training_start_fraction are both given"))
  }

  @Test("ImageNet weights belong to EfficientNet-Lite") func imageNet() throws {
    #expect(try load("model: {backbone_weights: imagenet}").model.backboneWeights == .imageNet)
    #expect(
      try message("model: {backbone: resnet50, backbone_weights: imagenet}")
        .contains(
          "for efficientnet_lite0, efficientnet_lite1 or efficientnet_lite2 only, and model.backbone is resnet50"))
  }

  @Test("a key given twice is refused") func duplicate() throws {
    #expect(try message("seed: 1\nname: x\nseed: 2\n").contains("seed is given twice"))
  }

  @Test("text that is not YAML is refused with its line") func notYAML() throws {
    #expect(try message("name: x\nmodel: [1\nseed: 2\n").hasPrefix("test.yaml:3: is not valid YAML: "))
    #expect(try message("a: b\n---\nc: d\n").contains("is not valid YAML: but found another document"))
    #expect(try message("name: *x\n").contains("undefined alias"))
  }

  @Test("anchors, and so bombs of aliases, are refused at once", .timeLimit(.minutes(1))) func bomb() throws {
    var yaml = "a0: &a0 [x, x]\n"
    for level in 1...40 { yaml += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(try message("name: x\n" + yaml + "? *a40\n: 1\n").hasPrefix("test.yaml:2: settings have no YAML anchors"))
  }

  @Test("deep nesting and long files end in an error soon", .timeLimit(.minutes(1))) func nesting() throws {
    _ = try message(String(repeating: "[", count: 500_000))
    _ = try message(String(repeating: "- ", count: 400_000))
    _ = try message(String(repeating: "? ", count: 400_000))
    _ = try message((0..<5000).map { String(repeating: " ", count: $0 % 100) + "k:\n" }.joined())
    _ = try message((0..<80_000).map { "key\($0): 1\n" }.joined())
    _ = try message(String(repeating: "{", count: 60) + String(repeating: "a,", count: 20_000))
    _ = try message(String(repeating: "{", count: 60) + "[" + String(repeating: "a,", count: 200_000) + "]")
    _ = try message(String(repeating: "k", count: 900_000) + ": 1\n")
    _ = try message("name: \"" + String(repeating: "x\\n", count: 300_000) + "\"\n")
    _ = try message("", [String(repeating: "a.", count: 100_000) + "=1"])
  }

  @Test("a file of more than a megabyte is refused") func large() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.yaml", "# " + String(repeating: "x", count: 1 << 20))
    let error = #expect(throws: FileError.self) { try ExperimentSettings.load(path) }
    #expect(error?.problem.hasPrefix("holds 1048578 bytes") == true)
  }

  @Test("bytes that are not text are refused") func binary() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.yaml", [0x6e, 0xff, 0xfe, 0x00])
    let problem = "is not UTF-8 text, a settings file (YAML) was expected"
    #expect(throws: FileError.invalid(path, problem)) { try ExperimentSettings.load(path) }
    #expect(try message("name: a\u{0}b\n").contains("is not valid YAML"))
  }
}

/// What people write who are new to YAML or to this program.
@Suite struct SettingsAdviceTests {
  @Test(
    "a slip is named for what it is",
    arguments: [
      (
        "training: {learning_rate: 0,001}",
        "training.learning_rate is 0,001, whose comma ends the value here; write a decimal point: 0.001."
      ),
      (
        "training: {epochs: 3,5}",
        "training.epochs is 3,5, whose comma ends the value here; write a decimal point: 3.5."
      ),
      (
        "training:\n  learning_rate: 0,001\n",
        "training.learning_rate is 0,001, and must be a number above 0, up to 1; write a decimal point: 0.001."
      ),
      (
        "training: {epochs:3}",
        "training.epochs:3 is not a setting; a blank is missing after the colon: write epochs: 3."
      ),
      ("training:\n  epochs:3\n", "a blank is missing after the colon: write epochs: 3."),
      ("training:\n  epochs:3\n  batch_size: 2\n", "2: a blank is missing after the colon; write epochs: 3."),
      ("training:\n\tepochs: 3\n", "test.yaml:2: a tab stands before the text, and YAML wants blanks there."),
      ("data: {validation_list: none}", "or null; write null where there is none."),
      ("model: {backbone_weights: None}", "or null; write null where there is none."),
      (
        "data: {max_side: none}",
        "data.max_side is none, and must be a whole number from 64 to 16384, or null; write null"
      ),
      ("device: gpu", "device is gpu, and must be auto, cpu, cuda, cuda:N or mps; did you mean cuda?"),
      (#"data: {root: C:\data}"#, #"data.root is C:\data, and must be the path of a folder; a path of Windows"#),
    ])
  func slip(yaml: String, problem: String) throws {
    let message = try message(yaml)
    #expect(message.contains(problem), "\(message)")
  }

  @Test("the same in overrides") func overrides() throws {
    #expect(try message("", ["training.learning_rate=0,001"]).hasSuffix("; write a decimal point: 0.001."))
    #expect(try message("", ["training={epochs:3}"]).hasSuffix("a blank is missing after the colon: write epochs: 3."))
  }

  @Test("a quoted word is a name") func quoted() throws {
    #expect(try load("data: {validation_list: 'none'}").data.validationList == "none")
  }

  @Test("a folder and an image are no settings files") func others() throws {
    let folder = try TemporaryFolder()
    let image = try folder.write("a.yaml", [0xFF, 0xD8, 0xFF, 0xE0])
    let folderError = #expect(throws: FileError.self) { try ExperimentSettings.load(folder.path) }
    #expect(folderError?.problem.hasPrefix("is a folder, a settings file (YAML) was expected") == true)
    let imageError = #expect(throws: FileError.self) { try ExperimentSettings.load(image) }
    #expect(imageError?.problem.hasPrefix("is an image, a settings file (YAML) was expected") == true)
  }
}
