import Checkpoints
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Arguments that cannot be served, and how the program must refuse them.
struct BadInput: Sendable, CustomTestStringConvertible {
  let name: String
  let arguments: [String]
  let code: Int32
  /// What the message says, beginning with the file or setting.
  let message: String
  /// Whether the input is reached only after the run was announced.
  var isFoundLate = false

  var testDescription: String { name }

  static let cases: [BadInput] = [
    .init("an unknown setting", train("training.learnig_rate=1"), 64, "learnig_rate is not a setting; did you mean"),
    .init("a value of another type", train("training.batch_size=two"), 64, "training.batch_size is two, and must be"),
    .init(
      "a typo in the file", ["train", "bad/typo.yaml"], 64, "bad/typo.yaml:2: data.corp is not a setting; did you"),
    .init("an unknown device", train("device=gpu"), 64, "device is gpu, and must be auto, cpu, cuda, cuda:N or mps"),
    .init(
      "a device of a wrong name for prediction",
      ["predict", "data", "--weights", weights, "--out", "runs/bad", "--device", "gpu"], 64, "did you mean cuda?"),
    .init("a device that is not there", train("device=cuda:99"), 64, "device: cuda:99 is not there"),
    .init("a folder for a settings file", ["train", "data"], 1, "data: is a folder, a settings file (YAML) was"),
    .init(
      "a photograph for a settings file", ["train", "data/JPEGImages/size.jpg"], 1,
      "size.jpg: is an image, a settings file (YAML) was expected"),
    .init(
      "a misspelt command", ["predcit", "data", "--out", "x"], 64, "predcit is not a command; did you mean predict?"),
    .init("a longer command", ["prediction", "data"], 64, "prediction is not a command; did you mean predict?"),
    .init("a misspelt command of a command", ["prepare", "chek", "tiny.yaml"], 64, "did you mean check?"),
    .init("a folder for a command", ["data/"], 64, "data/ is a folder, and a command was expected; photographs are"),
    .init(
      "an override without an equals sign", ["train", "tiny.yaml", "--set", "training.epochs", "3"], 64,
      "write --set training.epochs=3."),
    .init("settings for weights", predict("tiny.yaml"), 1, "tiny.yaml: is text; expected weights"),
    .init("no settings file", ["train", "nowhere.yaml"], 66, "nowhere.yaml: no such file"),
    .init("no data", train("data.root=nowhere"), 66, "nowhere: no such folder"),
    .init("no list", train("data.train_list=nowhere.txt"), 66, "data/nowhere.txt: no such file at /"),
    .init(
      "a validation list that is named and missing", train("data.validation_list=nowhere.txt"), 66,
      "data/nowhere.txt: no such file at /"),
    .init("an empty list", train("data.train_list=../bad/empty.txt"), 1, "bad/empty.txt: lists nothing"),
    .init(
      "a photograph that is listed and missing", train("data.train_list=../bad/ghost.txt"), 66,
      "bad/ghost.txt: 1 of 3 listed ids has no photographs (.jpg, .jpeg, .png) in data/JPEGImages: ghost"),
    .init(
      "a JPEG that is cut short", train("data.train_list=../bad/truncated.txt"), 1,
      "data/JPEGImages/truncated.jpg: is cut short"),
    .init(
      "a mask of another size", evaluate("data.validation_list=../bad/size.txt"), 1,
      "data/SegmentationClass/size.png: has 40 x 30 pixels, its photograph data/JPEGImages/size.jpg has"),
    .init(
      "a label that is no class", evaluate("data.validation_list=../bad/label.txt"), 1,
      "data/SegmentationClass/label.png: has label 7 at column 0, row 0"),
    .init("no backbone weights", train("model.backbone_weights=nowhere.pth"), 66, "nowhere.pth: no such file"),
    .init(
      "backbone weights of something else", train("model.backbone_weights=bad/other.safetensors"), 1,
      "bad/other.safetensors: cannot be backbone efficientnet_lite0"),
    .init(
      "backbone weights of a well-known network that is another one",
      train("model.backbone_weights=bad/timm.safetensors"), 1,
      "bad/timm.safetensors: cannot be backbone efficientnet_lite0: it holds timm's EfficientNet-Lite0, whose names do "
        + "not tell which of timm's two paddings it was trained with, and the weights that Scripts/setup installs "
        + "(model.backbone_weights=imagenet) are needed"),
    .init(
      "a backbone to predict with", predict("bad/timm.safetensors"), 1,
      "bad/timm.safetensors: holds timm's EfficientNet-Lite0, "),
    .init(
      "a whole network for a backbone", train("model.backbone_weights=\(weights)"), 1,
      "cannot be backbone efficientnet_lite0: it holds a whole BLPSeg network, whose backbone is a part of it, and"),
    .init(
      "an output folder that is a file", train("output=tiny.yaml"), 1, "tiny.yaml: is a file, a folder was expected"),
    .init(
      "an output folder below a file", train("output=tiny.yaml/x"), 1, "tiny.yaml: is a file, a folder was expected"),
    .init(
      "a folder that holds a run", ["train", "tiny.yaml"], 1,
      "runs/tiny: holds a run already (last.safetensors); continue it with --resume, or choose another folder"),
    .init("no run to continue", train("seed=1", "--resume"), 66, "runs/bad: holds no run to continue"),
    .init(
      "a run killed before its first checkpoint", ["train", "tiny.yaml", "--resume", "--set", "output=bad/early"], 66,
      "bad/early: holds a run that ended before its first checkpoint; start it anew without --resume"),
    .init(
      "a run of another network",
      ["train", "tiny.yaml", "--resume", "--set", "output=runs/tiny", "--set", "model.decoder_width=16"], 1,
      "runs/tiny/last.safetensors: holds another network than the settings: model.decoder_width was 8, is 16; give"),
    .init(
      "a run of another backbone",
      ["train", "tiny.yaml", "--resume", "--set", "output=runs/tiny", "--set", "model.backbone=resnet18"], 1,
      "another network than the settings: model.backbone was efficientnet_lite0, is resnet18; give the values"),
    .init(
      "a run of the same classes in another order",
      ["train", "tiny.yaml", "--resume", "--set", "output=runs/tiny", "--set", "data.classes=[background, dog, cat]"],
      1,
      "runs/tiny/last.safetensors: was trained with class 1 being \"cat\", and data.classes names \"dog\" there"),
    .init(
      "a run of more classes",
      ["train", "tiny.yaml", "--resume", "--set", "output=runs/tiny", "--set", "data.classes=[background, cat]"], 1,
      "runs/tiny/last.safetensors: was trained for 3 classes, and data.classes names 2; to keep the classes"),
    .init(
      "a batch of one image", train("training.batch_size=1"), 64,
      "training.batch_size: is 1, and a single image has no variance after the pooling to 1 x 1"),
    .init(
      "an epsilon that vanishes in float32", train("training.epsilon=1e-60"), 64,
      "training.epsilon is 1e-60, and must be a number from 1e-16 to 1"),
    .init("no weights", predict("nowhere.safetensors"), 66, "nowhere.safetensors: no such file"),
    .init("no weights in the run", evaluate("seed=1"), 66, "runs/bad: holds no weights; train first"),
    .init(
      "weights of another network", predict("bad/other.safetensors"), 1,
      "bad/other.safetensors: this is not a BLPSeg network: there is no tensor seg_head.4.weight"),
    .init(
      "weights with a tensor missing", predict("bad/incomplete.safetensors"), 1,
      "bad/incomplete.safetensors: the weights do not fit the network: 1 tensor is missing (decoder."),
    .init(
      "weights that promise a huge network", predict("bad/huge.safetensors"), 1,
      "bad/huge.safetensors: has a seg_head whose layers do not fit each other"),
    .init("weights of more classes than masks hold", predict("bad/many.safetensors"), 1, "predicts 300 classes"),
    .init("a web page for weights", predict("bad/page.pth"), 1, "bad/page.pth: is a web page or XML"),
    .init("an empty file for weights", predict("bad/empty.txt"), 1, "bad/empty.txt: is empty"),
    .init(
      "a web page to be inspected", ["inspect", "checkpoint", "bad/page.pth"], 1,
      "bad/page.pth: is a web page or XML"),
    .init(
      "weights of other classes", evaluate("data.classes=[background, cat]", "--weights", weights), 1,
      "runs/tiny/best.safetensors: predicts 3 classes, and data.classes names 2"),
    .init(
      "weights of the same classes in another order",
      evaluate("data.classes=[background, dog, cat]", "--weights", weights), 1,
      "(the same classes in another order), so that results would stand under wrong names; to keep the classes of the "
        + "weights: --set 'data.classes=[background, cat, dog]'"),
    .init(
      "weights of another data set with as many classes",
      [
        "analyze", "preference", "tiny.yaml", "--weights", weights, "--out", "runs/bad", "--set",
        "data.classes=[a, cat, b]",
      ],
      1, "class 0 being \"background\", and data.classes names \"a\" there (2 of 3 names differ)"),
    .init(
      "weights with NaN", predict("bad/nan.safetensors"), 1,
      "bad/nan.safetensors: 2 of 375 tensors hold NaN and infinity ('ppm.stages.0.2.running_var', 'seg_head.4.bias'); "
        + "nothing can be predicted"),
    .init(
      "evaluation of weights with NaN", evaluate("seed=1", "--weights", "bad/nan.safetensors"), 1,
      "bad/nan.safetensors: 2 of 375 tensors hold NaN"),
    .init(
      "analysis of weights with NaN",
      ["analyze", "preference", "tiny.yaml", "--weights", "bad/nan.safetensors", "--out", "runs/bad"], 1,
      "bad/nan.safetensors: 2 of 375 tensors hold NaN"),
    .init(
      "backbone weights with NaN", train("model.backbone_weights=bad/nan_backbone.safetensors"), 1,
      "bad/nan_backbone.safetensors: 1 of 1 tensors holds NaN ('x'); nothing can be learnt from it"),
    .init(
      "evaluation without masks", evaluate("data.masks=null", "--weights", weights), 64,
      "data: validation_list and masks are needed to evaluate"),
    .init(
      "a result that cannot be written", evaluate("seed=1", "--weights", weights, "--output", "tiny.yaml/x.json"), 1,
      "tiny.yaml: "),
    .init(
      "no photograph", ["predict", "nowhere.jpg", "--weights", weights, "--out", "runs/bad"], 66,
      "nowhere.jpg: no such file or folder"),
    .init(
      "a folder without photographs", ["predict", "runs", "--weights", weights, "--out", "runs/bad"], 1,
      "runs: holds no .jpg, .jpeg or .png file"),
    .init(
      "a photograph that is cut short",
      ["predict", "data/JPEGImages/truncated.jpg", "--weights", weights, "--out", "runs/bad"], 1,
      "data/JPEGImages/truncated.jpg: is cut short", isFoundLate: true),
    .init(
      "a small file of very many pixels",
      ["predict", Fixture.golden("images/bomb.png"), "--weights", weights, "--out", "runs/bad", "--no-mirror"], 1,
      "has 16000 x 16000 pixels, 20000 x 20000 in its largest view, and at most 50000000 are predicted; use --max-side, or smaller scales as with --scales 0.25, or raise the limit with --max-pixels",
      isFoundLate: true),
    .init(
      "a photograph of more pixels than were allowed",
      ["predict", "data/JPEGImages", "--weights", weights, "--out", "runs/bad", "--scales", "1", "--max-pixels", "99"],
      1, "in its largest view, and at most 99 are predicted", isFoundLate: true),
    .init(
      "a folder of results below a file",
      ["predict", "data/JPEGImages/size.jpg", "--weights", weights, "--out", "tiny.yaml/x"], 1,
      "tiny.yaml: is a file, a folder was expected", isFoundLate: true),
  ]

  private static let weights = "\(Workspace.run)/best.safetensors"

  private init(
    _ name: String, _ arguments: [String], _ code: Int32, _ message: String, isFoundLate: Bool = false
  ) {
    (self.name, self.arguments, self.code, self.message, self.isFoundLate) =
      (name, arguments, code, message, isFoundLate)
  }

  private static func train(_ override: String, _ others: String...) -> [String] {
    ["train", "tiny.yaml", "--set", "output=runs/bad", "--set", override] + others
  }

  private static func evaluate(_ override: String, _ others: String...) -> [String] {
    let arguments = ["evaluate", "tiny.yaml", "--set", "output=runs/bad", "--set", override] + others
    return override.hasPrefix("data.validation_list") ? arguments + ["--weights", weights] : arguments
  }

  private static func predict(_ weights: String) -> [String] {
    ["predict", "data/JPEGImages/size.jpg", "--weights", weights, "--out", "runs/bad"]
  }
}

extension Workspace {
  /// The folder `bad` and the photographs that the cases of `BadInput` name, made once.
  static let withBadInput = Result {
    let workspace = try shared.get()
    let id = Workspace.photographs[0]
    let photograph = try workspace.data("data/JPEGImages/\(id).jpg")
    try workspace.write(photograph.prefix(photograph.count / 2), "data/JPEGImages/truncated.jpg")
    for name in ["size", "label"] { try workspace.write(photograph, "data/JPEGImages/\(name).jpg") }
    for name in ["truncated", "ghost"] {
      try workspace.write(workspace.data("data/scribbles/\(id).xml"), "data/scribbles/\(name).xml")
    }
    try LabelMap(width: 40, height: 30, filledWith: 0).write(palettePNG: workspace("data/SegmentationClass/size.png"))
    let size = try Image.size(ofFile: workspace("data/JPEGImages/label.jpg"))
    try LabelMap(width: size.width, height: size.height, filledWith: 7)
      .write(palettePNG: workspace("data/SegmentationClass/label.png"))

    try workspace.write("data:\n  corp: 64\n", "bad/typo.yaml")
    try workspace.write("", "bad/empty.txt")
    try workspace.write("\(id)\nghost\n\(Workspace.photographs[1])\n", "bad/ghost.txt")
    try workspace.write("\(id)\ntruncated\n", "bad/truncated.txt")
    try workspace.write("size\n", "bad/size.txt")
    try workspace.write("label\n", "bad/label.txt")
    try workspace.write("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "bad/page.pth")
    try workspace.write("", "bad/early/metrics.jsonl")
    try writeWeights(workspace)
    return workspace
  }

  private static func writeWeights(_ workspace: Workspace) throws {
    let state = try Safetensors.read(workspace("\(run)/best.safetensors"))
    let other = StateDict([("fc.weight", try Tensor([1, 2] as [Float], [2]))])
    try Safetensors.write(other, to: workspace("bad/other.safetensors"))
    var nan = state
    nan["seg_head.4.bias"] = try Tensor([0, Float.nan, 0], [3])
    nan["ppm.stages.0.2.running_var"] = try Tensor([Float](repeating: .infinity, count: 8), [8])
    try Safetensors.write(nan, to: workspace("bad/nan.safetensors"))
    try Safetensors.write(
      StateDict([("x", try Tensor([Float.nan], [1]))]), to: workspace("bad/nan_backbone.safetensors"))
    let stem = try Tensor.zeros([32, 3, 3, 3])
    let timm = StateDict([("conv_stem.weight", stem), ("blocks.0.0.conv_dw.weight", try Tensor.zeros([32, 1, 3, 3]))])
    try Safetensors.write(timm, to: workspace("bad/timm.safetensors"))
    var incomplete = state
    incomplete[try #require(state.names.first { $0.hasPrefix("decoder.") })] = nil
    try Safetensors.write(incomplete, to: workspace("bad/incomplete.safetensors"))
    var huge = state
    huge["seg_head.4.weight"] = try Tensor([Float](repeating: 0, count: 3_000_000), [3, 1_000_000, 1, 1])
    try Safetensors.write(huge, to: workspace("bad/huge.safetensors"))
    var many = state
    many["seg_head.4.weight"] = try Tensor([Float](repeating: 0, count: 2400), [300, 8, 1, 1])
    try Safetensors.write(many, to: workspace("bad/many.safetensors"))
  }
}
