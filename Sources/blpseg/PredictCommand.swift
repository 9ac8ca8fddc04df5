import ArgumentParser
import Experiments
import Prediction
import Tensors
import Training

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Label every pixel of photographs.",
    discussion: """
      For NAME.jpg writes NAME.png, a palette PNG whose index is the class, and NAME.overlay.png, the classes drawn over \
      the photograph.
      """)

  @Argument(help: "Photographs (JPEG or PNG), or folders of them.")
  var inputs: [String]

  @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict.")
  var weights: String

  @Option(name: .customLong("out"), help: "Folder of the results.")
  var folder: String

  @OptionGroup var views: ViewArguments

  @Flag(inversion: .prefixedNo, help: "Write NAME.overlay.png.")
  var overlay = true

  @Flag(help: "Write NAME.probability.safetensors, tensor 'probability', [C, H, W] float32.")
  var saveProbabilities = false

  @Flag(help: "Write NAME.logits.safetensors, tensor 'logits', [C, H, W] float32, averaged over the views.")
  var saveLogits = false

  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"

  @Option(help: "Arithmetic of the convolutions: float32, bfloat16 or float16.")
  var precision = TrainingConfiguration.Precision.float32

  func run() throws {
    try reportingFailure {
      let device = try Device(ExperimentSettings.parse("device: \(device)", source: "--device").device)
      var options = PhotographPredictions.Options()
      options.overlay = overlay
      options.probabilities = saveProbabilities
      options.logits = saveLogits
      let trained = try TrainedNetwork(weights, on: device)
      let seen = Views(
        scales: views.scales.isEmpty ? Views.published.scales : views.scales,
        mirror: views.mirror ?? Views.published.mirror)
      let predictor = Predictor(
        trained.network, views: seen, on: device, autocastType: precision.autocastType)
      try PhotographPredictions(inputs, predictor, to: folder, options).write { done, total, path in
        Console.progress("\(Console.bar(done, of: total)) \(done)/\(total)  \(path)")
        if done == total { Console.line("\(total) \(total == 1 ? "photograph" : "photographs") predicted into \(folder)") }
      }
    }
  }
}

extension TrainingConfiguration.Precision: ExpressibleByArgument {}
