import Checkpoints
import Files
import Foundation
import Images
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite struct PredictionCommandTests {
  private static let sumTolerance = 1e-5
  private static let weights = "\(Workspace.run)/best.safetensors"
  private static let photograph = "data/JPEGImages/Abyssinian_18.jpg"

  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  @Test("a mask is the most probable class of each pixel, at the photograph's size") func mask() throws {
    let outcome = try workspace.blpseg(
      "predict", Self.photograph, "--weights", Self.weights, "--out", "masks", "--scales", "1", "--no-mirror",
      "--save-probabilities", "--save-logits")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let photograph = try Image(contentsOf: workspace(Self.photograph))
    let mask = try LabelMap(contentsOf: workspace("masks/Abyssinian_18.png"))
    let overlay = try Image(contentsOf: workspace("masks/Abyssinian_18.overlay.png"))
    for size in [(mask.width, mask.height), (overlay.width, overlay.height)] {
      #expect(size == (photograph.width, photograph.height))
    }

    let probability = try #require(
      Safetensors.read(workspace("masks/Abyssinian_18.probability.safetensors"))["probability"])
    let logits = try #require(Safetensors.read(workspace("masks/Abyssinian_18.logits.safetensors"))["logits"])
    #expect(probability.shape == [3, photograph.height, photograph.width])
    #expect(logits.shape == probability.shape)
    #expect(try probability.argmax(0).to(.uint8).uint8s() == mask.labels)
    let sums = try Closeness(probability.sum([0]), [Double](repeating: 1, count: mask.labels.count))
    #expect(sums.worst.isWithin(Self.sumTolerance), "\(sums)")
    let softmax = try Closeness(logits.softmax(0), probability)
    #expect(softmax.worst.isWithin(Self.sumTolerance), "\(softmax)")
  }

  @Test("masks and legends have the colours that classes.txt gave the classes of the weights") func colors() throws {
    try workspace.write("0 background #102030\n1 cat #00FF7F\n2 dog #FF8000\n", "data/colored.txt")
    let training = try workspace.blpseg(
      "train", "tiny.yaml", "--set", "output=runs/colored", "--set", "data.classes=colored.txt", "--set",
      "training.iterations=1", "--set", "data.validation_list=null")
    #expect(training.code == 0, "\(training.errors)")
    let own = ["#102030", "#00FF7F", "#FF8000"].compactMap { Color(hex: $0) }
    let page = try String(contentsOfFile: workspace("runs/colored/report.html"), encoding: .utf8)
    #expect(page.contains("background:#00FF7F\"></i>cat"))

    let outcome = try workspace.blpseg(
      "predict", Self.photograph, "--weights", "runs/colored/last.safetensors", "--out", "colored", "--scales", "1")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let mask = workspace("colored/Abyssinian_18.png")
    let labels = try LabelMap(contentsOf: mask).labels
    #expect(try Image(contentsOf: mask).colors == labels.map { own[Int($0)] })
    let overlay = try Image(contentsOf: workspace("colored/Abyssinian_18.overlay.png")).colors
    let shown = Set(labels).subtracting([0]).map { own[Int($0)] }
    for color in shown.isEmpty ? [own[0]] : shown { #expect(overlay.count { $0 == color } >= 20, "\(color.hex)") }
  }

  @Test("each mask is printed with its classes") func printed() throws {
    let outcome = try workspace.blpseg("predict", Self.photograph, "--weights", Self.weights, "--out", "printed")
    let mask = try LabelMap(contentsOf: workspace("printed/Abyssinian_18.png"))
    let shares = ["background", "cat", "dog"].enumerated().compactMap { label, name -> String? in
      let count = mask.labels.count { $0 == label }
      if count == 0 { return nil }
      return "\(label) \(name) " + String(format: "%.1f %%", 100 * Double(count) / Double(mask.labels.count))
    }
    #expect(outcome.output == "printed/Abyssinian_18.png  \(shares.joined(separator: ", "))\n")
    #expect(outcome.errorLines.last?.hasPrefix("1 photograph predicted into printed, ") == true)
  }

  @Test("16 bits are computed in float32, and that is said, where the processor has no instructions for them")
  func sixteenBits() throws {
    func masks(_ precision: String) throws -> (labels: [UInt8], errors: String) {
      let outcome = try workspace.blpseg(
        "predict", Self.photograph, "--weights", Self.weights, "--out", precision, "--precision", precision)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return (try LabelMap(contentsOf: workspace("\(precision)/Abyssinian_18.png")).labels, outcome.errors)
    }
    let (exact, rounded) = (try masks("float32"), try masks("bfloat16"))
    #expect(!exact.errors.contains("computing in"))
    #expect(rounded.errors.contains("computing in float32, ") == !Device.cpu.multiplies(.bfloat16))
    let changed = zip(exact.labels, rounded.labels).count { $0 != $1 }
    #expect(Device.cpu.multiplies(.bfloat16) ? changed < exact.labels.count / 10 : changed == 0)
  }

  @Test("all photographs of a folder are predicted, without overlays if so wished") func folder() throws {
    let ids = Workspace.validationPhotographs
    for id in ids { try workspace.write(workspace.data("data/JPEGImages/\(id).jpg"), "gallery/\(id).jpg") }
    try workspace.write(Data("no photograph".utf8), "gallery/notes.txt")
    let outcome = try workspace.blpseg(
      "predict", "gallery", "--weights", Self.weights, "--out", "folder", "--scales", "0.5", "--no-overlay")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try InputFile.names(inFolder: workspace("folder")) == ids.map { "\($0).png" }.sorted())
    #expect(outcome.output.split(separator: "\n").count == ids.count)
  }

  @Test("weights without settings give the same mask") func plainWeights() throws {
    let state = try Safetensors.read(workspace(Self.weights))
    try Safetensors.write(StateDict(Array(state)), to: workspace("plain.safetensors"))
    for (weights, folder) in [("plain.safetensors", "plain"), (Self.weights, "full")] {
      let outcome = try workspace.blpseg("predict", Self.photograph, "--weights", weights, "--out", folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let mask = try LabelMap(contentsOf: workspace("plain/Abyssinian_18.png"))
    #expect(try mask == LabelMap(contentsOf: workspace("full/Abyssinian_18.png")))
  }

  @Test("a photograph of one pixel has a mask of one pixel") func onePixel() throws {
    try Image(width: 1, height: 1, filledWith: 90).write(png: workspace("pixel.png"))
    let outcome = try workspace.blpseg("predict", "pixel.png", "--weights", Self.weights, "--out", "pixel")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let mask = try LabelMap(contentsOf: workspace("pixel/pixel.png"))
    #expect((mask.width, mask.height) == (1, 1))
  }

  @Test("photographs are never replaced by their masks") func overwriting() throws {
    try Image(width: 40, height: 30, filledWith: 90).write(png: workspace("album/a.png"))
    let before = try workspace.data("album/a.png")
    let outcome = try workspace.blpseg("predict", "album", "--weights", Self.weights, "--out", "./album/")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("is one of the photographs and would be replaced"))
    #expect(try workspace.data("album/a.png") == before)
  }

  @Test("two photographs of one name are refused") func sameName() throws {
    try Image(width: 40, height: 30, filledWith: 90).write(png: workspace("one/b.png"))
    try Image(width: 40, height: 30, filledWith: 90).write(png: workspace("two/b.png"))
    let outcome = try workspace.blpseg("predict", "one", "two", "--weights", Self.weights, "--out", "same")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("same/b.png: would be written for one/b.png and for two/b.png"))
    #expect(!workspace.exists("same"))
  }

  @Test("the dense CRF refines the probabilities that the mask is made of, and leaves the logits") func crf() throws {
    for (folder, options) in [("without", []), ("with", ["--crf"])] {
      let outcome = try Program.run(
        [
          "predict", Self.photograph, "--weights", Self.weights, "--out", "crf-\(folder)", "--scales", "1",
          "--no-mirror", "--no-overlay", "--save-probabilities", "--save-logits",
        ] + options, in: workspace.path)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let name = "crf-with/Abyssinian_18"
    let probability = try #require(Safetensors.read(workspace("\(name).probability.safetensors"))["probability"])
    let mask = try LabelMap(contentsOf: workspace("\(name).png"))
    #expect(try probability.argmax(0).to(.uint8).uint8s() == mask.labels)
    let plain = try #require(
      Safetensors.read(workspace("crf-without/Abyssinian_18.probability.safetensors"))["probability"])
    #expect(try probability.floats() != plain.floats())
    #expect(
      try workspace.data("\(name).logits.safetensors") == workspace.data("crf-without/Abyssinian_18.logits.safetensors")
    )
  }
}

extension Image {
  fileprivate init(width: Int, height: Int, filledWith grey: UInt8) {
    self.init(width: width, height: height, pixels: Array(repeating: grey, count: 3 * width * height))
  }
}
