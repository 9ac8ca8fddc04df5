import ArgumentParser
import Experiments
import Foundation
import Images
import Models
import Reports

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
