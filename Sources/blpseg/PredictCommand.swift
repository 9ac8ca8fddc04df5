import ArgumentParser
import Experiments
import Files
import Foundation
import Images
import Models
import Prediction
import Reports
import Settings
import Tensors

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Label every pixel of photographs.",
    discussion: """
      For NAME.jpg writes NAME.png, a palette PNG whose index is the class, and NAME.overlay.png, the classes drawn over \
      the photograph with a legend. Both have the colours that the weights carry. The dense CRF has the constants of the weights' experiment. Prints each mask with the classes that \
      it holds and their shares of the pixels. A photograph that cannot be read is named at the end, and the others are \
      predicted; the exit code is then 1. Ctrl-C leaves whole files only; --skip-existing goes on from there.
      """)

  @Argument(help: "Photographs (JPEG or PNG), or folders of them.")
  var inputs: [String]

  @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict.")
  var weights: String

  @Option(name: .customLong("out"), help: ArgumentHelp("Folder of the results.", valueName: "folder"))
  var folder: String

  @OptionGroup var views: ViewArguments

  @Option(
    help: ArgumentHelp(
      "Reduce photographs to this longer side, in pixels, before they are predicted; results have their own size all the "
        + "same. 0 leaves them as they are (default: the setting data.max_side that the weights were trained with).",
      valueName: "pixels"))
  var maxSide: Int?

  @Flag(help: "Enter folders inside folders; results lie in folders of the same names.")
  var recursive = false

  @Flag(help: "Leave photographs alone whose results are all there.")
  var skipExisting = false

  @Option(
    help: ArgumentHelp("Write the share of each class in each photograph to this file, as CSV.", valueName: "file"))
  var table: String?

  @Flag(inversion: .prefixedNo, help: "Write NAME.overlay.png.")
  var overlay = true

  @Flag(
    help: "Write NAME.probability.safetensors: tensor 'probability', [C, H, W] float32, after the CRF if there is one.")
  var saveProbabilities = false

  @Flag(help: "Write NAME.logits.safetensors: tensor 'logits', [C, H, W] float32, averaged over the views.")
  var saveLogits = false

  @Option(
    help: ArgumentHelp(
      "Most pixels of a photograph's largest view (default: \(PredictionLimit.defaultViewPixels), or fewer where memory is short).",
      valueName: "number"))
  var maxPixels: Int?

  @Option(help: "Device that computes: auto, cpu, cuda, cuda:N or mps.")
  var device = ExperimentSettings.Device.auto

  @Option(help: "Threads that compute on the CPU; 0 takes one for each core that this process may use.")
  var threads = 0

  @Option(
    help: """
      Number format of the convolutions. Where the processor has no instructions for a format of 16 bits, float32 is used.
      """)
  var precision = Precision.float32

  func validate() throws {
    if let maxSide, maxSide != 0, !(64...16384).contains(maxSide) {
      throw ValidationError("--max-side is \(maxSide), and must be from 64 to 16384, or 0 for no limit.")
    }
    if !(0...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), and must be from 1 to 1024, or 0 for one a core.")
    }
    if let maxPixels, maxPixels < 1 { throw ValidationError("--max-pixels is \(maxPixels), and must be at least 1.") }
  }

  func run() throws {
    try reportingFailure {
      PassiveThreads.begin()
      Interruption.listen()
      var options = PredictionRun.Options()
      options.overlay = overlay
      options.probabilities = saveProbabilities
      options.logits = saveLogits
      options.isRecursive = recursive
      options.skipsExisting = skipExisting
      let predictions = try PredictionRun(inputs, to: folder, options)
      // Fails before the work, not after it, where nothing can be written.
      if let table { _ = try OutputFile(table) }
      let device = try Device(device)
      ProcessorShare.apply(threads)
      let (predictor, trained) = try predictor(on: device)
      if let replacement = precision.replacement(on: device) { Console.line(replacement) }
      let console = PredictionConsole(predictions, trained, maxSide: side(trained))
      console.begin(views.views)
      let outcome = try predictions.write(
        with: predictor, trained.appearance, shouldStop: { Interruption.isRequested }, console.tell)
      if let table { try console.table.write(to: table) }
      try console.end(outcome, folder)
    }
  }

  /// What is known about the weights, without the network, which is not kept beside the predictor's.
  private func predictor(on device: Device) throws -> (Predictor, PredictionConsole.Weights) {
    LibTorch.expectManySizes()
    let trained = try TrainedNetwork(weights, on: device)
    for warning in trained.warnings { Console.line("\(warning)") }
    let facts = PredictionConsole.Weights(
      appearance: trained.appearance, classCount: trained.network.architecture.classCount, maxSide: trained.maxSide,
      learntSize: trained.learntSize)
    var predictor = try Predictor(
      trained.network, views: views.views, crf: views.crf == true ? trained.evaluation.crfConstants : nil, on: device,
      autocastType: precision.computed(on: device).autocastType, maxSide: side(facts))
    if let maxPixels { predictor.limit = PredictionLimit(viewPixels: maxPixels) }
    return (predictor, facts)
  }

  /// The longer side that photographs are reduced to; nil for none.
  private func side(_ weights: PredictionConsole.Weights) -> Int? {
    guard let maxSide else { return weights.maxSide }
    return maxSide == 0 ? nil : maxSide
  }
}

extension Precision: ExpressibleByArgument {}

extension ExperimentSettings.Device: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public var defaultValueDescription: String { name }
}

/// Reports the progress of predicting photographs.
final class PredictionConsole {
  /// What is known about the weights.
  struct Weights {
    let appearance: ClassAppearance
    let classCount: Int
    let maxSide: Int?
    let learntSize: LearntSize?
  }

  private let predictions: PredictionRun
  private let weights: Weights
  private let maxSide: Int?
  private let start = ContinuousClock.now
  private(set) var table: PredictionTable
  private var tooLarge = 0

  init(_ predictions: PredictionRun, _ weights: Weights, maxSide: Int?) {
    self.predictions = predictions
    self.weights = weights
    self.maxSide = maxSide
    table = PredictionTable(classes: weights.appearance.names, classCount: weights.classCount)
  }

  /// The work ahead, and the other files beside the photographs.
  func begin(_ views: Views) {
    var line = "\(photographs(predictions.count)), \(views.count) \(views.count == 1 ? "view" : "views") of each"
    if views != .single {
      line += " (\(views.description(crf: false)))"
    }
    if let maxSide { line += ", reduced to at most \(maxSide) pixels per side" }
    if views.cost >= 2 { line += "; --scales 1 --no-mirror is about \(Int(views.cost.rounded())) times as fast" }
    Console.line(line)
    let list = predictions.list
    if !list.earlierResults.isEmpty {
      Console.line(
        "\(files(list.earlierResults.count)) beside photographs of the same name passed over, as results of an earlier "
          + "run: \(first(list.earlierResults)); name them to predict them")
    }
    var passedOver: [String] = []
    if !list.otherFiles.isEmpty {
      let kind = list.otherFiles.count == 1 ? "another kind" : "other kinds"
      passedOver.append("\(files(list.otherFiles.count)) of \(kind) passed over: \(first(list.otherFiles))")
    }
    if !list.foldersLeft.isEmpty {
      let count = list.foldersLeft.count
      passedOver.append(
        "\(count) \(count == 1 ? "folder" : "folders") not entered: \(first(list.foldersLeft)); --recursive enters them"
      )
    }
    if !passedOver.isEmpty { Console.line(passedOver.joined(separator: "; ")) }
  }

  /// What was found in a photograph; nil where it could not be predicted.
  func tell(_ done: Int, _ finding: PredictionRun.Finding?) {
    if let finding {
      for warning in finding.warnings { Console.line("\(warning)") }
      doubt(finding)
      table.add(finding)
      if !finding.isOld {
        let total = predictions.count
        Console.result(line: (total > 1 ? "\(done)/\(total)  " : "") + line(finding))
      }
    }
    Console.progress("predicting", done, of: predictions.count, since: start)
  }

  /// The final summary. Throws the exit code 1 where a photograph could not be predicted, and 130 where it was stopped.
  func end(_ outcome: PredictionRun.Outcome, _ folder: String) throws {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if tooLarge > 1, let learnt = weights.learntSize {
      Console.line(
        "\(tooLarge) photographs are more than \(LearntSize.doubtedFactor) times as large as those learnt from (\(learnt.typicalSide) pixels)"
      )
    }
    let all = predictions.count + predictions.list.unreadable.count
    let number = outcome.predicted + outcome.skipped < all ? "\(outcome.predicted) of \(all)" : "\(outcome.predicted)"
    var line = "\(number) \(all == 1 ? "photograph" : "photographs") predicted into \(folder)"
    if outcome.predicted > 0 { line += String(format: ", %.2f s each", seconds / Double(outcome.predicted)) }
    if outcome.skipped > 0 { line += ", \(outcome.skipped) had their results already" }
    Console.line(line)
    if outcome.left > 0 {
      Console.line("Interrupted; \(photographs(outcome.left)) left. Predict the rest with --skip-existing.")
    }
    let shown = 20
    for fault in outcome.faults.prefix(shown) { Console.error("\(fault)") }
    if outcome.faults.count > shown { Console.error("and \(outcome.faults.count - shown) more files like these.") }
    if outcome.left > 0 { throw ExitCode(130) }
    if !outcome.faults.isEmpty { throw ExitCode.failure }
  }

  /// Counts photographs that are much larger than those of the training, and warns about the first.
  private func doubt(_ finding: PredictionRun.Finding) {
    guard let learnt = weights.learntSize,
      learnt.isExceeded(width: finding.width, height: finding.height, maxSide: maxSide)
    else { return }
    tooLarge += 1
    if tooLarge > 1 { return }
    Console.line(
      "\(finding.photograph): has \(finding.width) x \(finding.height) pixels, more than \(LearntSize.doubtedFactor) "
        + "times as many pixels per side as the photographs learnt from (\(learnt.typicalSide)); things so large are often missed: "
        + "try --max-side \(learnt.typicalSide)")
  }

  /// "out/a.png  0 background 71.3 %, 1 cat 28.7 %"
  private func line(_ finding: PredictionRun.Finding) -> String {
    let shares = finding.shares.map { label, share in
      let name = weights.appearance.names.map { "\(label) \($0[label])" } ?? "\(label)"
      return "\(name) \(Percent.text(share, decimals: 1))"
    }
    return "\(finding.mask)  \(shares.joined(separator: ", "))"
  }

  private func photographs(_ count: Int) -> String { "\(count) \(count == 1 ? "photograph" : "photographs")" }

  private func files(_ count: Int) -> String { "\(count) \(count == 1 ? "file" : "files")" }

  private func first(_ paths: [String]) -> String {
    paths.prefix(3).joined(separator: ", ") + (paths.count > 3 ? ", ..." : "")
  }
}
