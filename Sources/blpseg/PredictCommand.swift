import ArgumentParser
import Evaluation
import Experiments
import Foundation
import Prediction
import Tensors
import Training

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Label every pixel of photographs.",
    discussion: """
      For NAME.jpg writes NAME.png, a palette PNG whose index is the class, and NAME.overlay.png, the classes drawn over \
      the photograph with a legend. Both have the colours that the weights carry. The dense CRF has the constants of the weights' experiment. Prints each mask with the classes that it holds and their shares of the pixels.
      """)

  @Argument(help: "Photographs (JPEG or PNG), or folders of them.")
  var inputs: [String]

  @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict.")
  var weights: String

  @Option(name: .customLong("out"), help: ArgumentHelp("Folder of the results.", valueName: "folder"))
  var folder: String

  @OptionGroup var views: ViewArguments

  @Flag(inversion: .prefixedNo, help: "Write NAME.overlay.png.")
  var overlay = true

  @Flag(
    help: "Write NAME.probability.safetensors: tensor 'probability', [C, H, W] float32, after the CRF if there is one.")
  var saveProbabilities = false

  @Flag(help: "Write NAME.logits.safetensors: tensor 'logits', [C, H, W] float32, averaged over the views.")
  var saveLogits = false

  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = ExperimentSettings.Device.auto

  @Option(
    help: "Number format of the convolutions; float32 in place of 16 bits that a CPU has no instructions for.")
  var precision = TrainingConfiguration.Precision.float32

  func run() throws {
    try reportingFailure {
      var options = PhotographPredictions.Options()
      options.overlay = overlay
      options.probabilities = saveProbabilities
      options.logits = saveLogits
      let predictions = try PhotographPredictions(inputs, to: folder, options)
      let device = try Device(device)
      let (predictor, classes) = try predictor(on: device)
      if let replacement = precision.replacement(on: device) { Console.line(replacement) }
      let start = ContinuousClock.now
      try predictions.write(with: predictor, classes) { done, finding in
        Console.result(line(finding, classes.names))
        Console.progress("predicting", done, of: predictions.count, since: start)
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      Console.line(
        "\(predictions.count) \(predictions.count == 1 ? "photograph" : "photographs") predicted into \(folder), "
          + String(format: "%.2f s each", seconds / Double(predictions.count)))
    }
  }

  /// A predictor and class names from the file of weights; the network that was read is not kept beside the predictor's.
  private func predictor(on device: Device) throws -> (Predictor, classes: ClassAppearance) {
    let trained = try TrainedNetwork(weights, on: device)
    let predictor = try Predictor(
      trained.network, views: views.views, crf: views.crf == true ? trained.evaluation.crfConstants : nil, on: device,
      autocastType: precision.computed(on: device).autocastType)
    return (predictor, trained.appearance)
  }

  /// "out/a.png  0 background 71.3 %, 1 cat 28.7 %"
  private func line(_ finding: PhotographPredictions.Finding, _ classes: [String]?) -> String {
    let shares = finding.shares.map { label, share in
      let name = classes.map { "\(label) \($0[label])" } ?? "\(label)"
      return "\(name) \(Percent.text(share, decimals: 1))"
    }
    return "\(finding.mask)  \(shares.joined(separator: ", "))"
  }
}

extension TrainingConfiguration.Precision: ExpressibleByArgument {}

extension ExperimentSettings.Device: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public var defaultValueDescription: String { name }
}
