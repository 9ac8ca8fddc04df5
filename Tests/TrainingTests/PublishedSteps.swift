import Foundation
import Layers
import Losses
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing
import Training

/// The first steps of the published program's run on the golden image.
struct PublishedSteps {
  /// Iterations of the run whose first steps are kept.
  static let iterations = 40
  /// The steps from this one on learn from pseudo labels.
  static let selfTrainingStart = 2
  static let schedule = PolynomialSchedule(base: 3e-5, power: 0.9, iterations: iterations)

  /// What the steps lead to.
  struct Outcome {
    /// Both losses of each step.
    var scribble: [Double] = []
    var segmentation: [Double] = []
    /// Of the first batch normalisation, after the last step.
    var runningMean: [Double] = []
    /// Every second row and column of the logits after the last step, in evaluation.
    var logits: [Double] = []
  }

  let golden: GoldenNetwork
  /// Local aggregation with the published distance weights; the product's own where it is nil.
  let aggregation: PublishedAggregation?

  init(_ aggregation: PublishedAggregation?) throws {
    golden = try GoldenNetwork(.float64)
    self.aggregation = aggregation
  }

  var parameters: [ParameterStore.Entry] { golden.network.store.parameters }

  /// What the published program found.
  static func published(_ golden: GoldenNetwork) throws -> Outcome {
    var outcome = Outcome()
    for step in try #require(golden.values["adamw_steps"] as? [[String: Double]]) {
      outcome.scribble.append(try #require(step["loss_scrib"]))
      outcome.segmentation.append(try #require(step["loss_seg"]))
    }
    outcome.runningMean = try #require(golden.values["after_steps_running_mean_bn1"] as? [Double])
    outcome.logits = try golden.tensors("after_steps.logits").doubles
    return outcome
  }

  /// The class logits and the scribble logits of the golden image.
  private func predict(training: Bool) throws -> (logits: Tensor, scribbleLogits: Tensor) {
    let image = try golden.input("image", .float64)
    let prediction = try golden.network(image, training ? .training : .evaluation)
    let aggregated = try aggregation?(golden.network.shallowFeature(image), prediction.scores)
    let logits = try aggregated?.resizedBilinear(height: 96, width: 96) ?? prediction.logits()
    return (logits, try prediction.scribbleLogits())
  }

  /// The losses of a step, recorded for `backward`.
  func losses(_ iteration: Int) throws -> (scribble: Tensor, segmentation: Tensor) {
    let labels = try golden.labels("scribble")
    let (logits, scribbleLogits) = try predict(training: true)
    let supervision =
      iteration < Self.selfTrainingStart
      ? labels
      : try segmentationPseudoLabels(
        logits, labels: labels, classPresent: golden.input("class_present", .float64), threshold: 0.9)
    return (
      try scribbleLoss(scribbleLogits, labels, classWeight: golden.network.scribbleClassWeight),
      try blpLoss(logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: 2)
    )
  }

  /// Makes so many steps with the product's optimiser.
  func run(_ count: Int = 4) throws -> Outcome {
    let optimizer = try AdamW(parameters)
    var outcome = Outcome()
    for iteration in 0..<count {
      let (scribble, segmentation) = try losses(iteration)
      outcome.scribble.append(try scribble.item())
      outcome.segmentation.append(try segmentation.item())
      optimizer.clearGradients()
      try (scribble + segmentation).backward()
      try optimizer.step(learningRate: Self.schedule.learningRate(at: iteration))
    }
    let running = try #require(golden.network.store["backbone.bn1.running_mean"])
    outcome.runningMean = Array(try running.doubles().prefix(16))
    let logits = try withInference { try predict(training: false).logits }
    outcome.logits = try logits.sliced(2, 0, 96, step: 2).sliced(3, 0, 96, step: 2).doubles()
    return outcome
  }

  /// Moves every parameter by one unit in the last place, up or down.
  func perturb(seed: UInt64) throws {
    var generator = Xorshift(state: seed &* 0x9e37_79b9_7f4a_7c15)
    try withoutGradient {
      for entry in parameters {
        var bits: UInt64 = 0
        let values = try entry.tensor.doubles().enumerated().map { index, value in
          if index % 64 == 0 { bits = generator.next() }
          return bits >> UInt64(index % 64) & 1 == 0 ? value.nextUp : value.nextDown
        }
        try entry.tensor.copy(from: Tensor(values, entry.tensor.shape))
      }
    }
  }
}
