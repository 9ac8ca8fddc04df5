import Losses
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite("AdamW steps agree with the published program in float64")
struct GoldenAdamWTests {
  /// Of the losses of the first step, relative.
  static let firstTolerance = 1e-10
  /// Of everything after several steps, relative.
  static let laterTolerance = 1e-7
  /// Iterations of the run whose first steps are kept.
  static let iterations = 40
  /// The steps from this one on learn from pseudo labels.
  static let selfTrainingStart = 2

  private func losses(
    _ golden: GoldenNetwork, selfTraining: Bool
  ) throws -> (scribble: Tensor, segmentation: Tensor) {
    let prediction = try golden.network(golden.input("image", .float64), .training)
    let (logits, scribbleLogits) = (try prediction.logits(), try prediction.scribbleLogits())
    let labels = try golden.labels("scribble")
    let supervision =
      selfTraining
      ? try segmentationPseudoLabels(
        logits, labels: labels, classPresent: golden.input("class_present", .float64), threshold: 0.9)
      : labels
    let scribble = try scribbleLoss(scribbleLogits, labels, classWeight: golden.network.scribbleClassWeight)
    let segmentation = try blpLoss(logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: 2)
    return (scribble, segmentation)
  }

  @Test("learning rates, losses, running means and the logits after four steps agree")
  func fourSteps() throws {
    let golden = try GoldenNetwork(.float64)
    let optimizer = try AdamW(golden.network.store.parameters)
    let schedule = PolynomialSchedule(base: 3e-5, power: 0.9, iterations: Self.iterations)
    let steps = try #require(golden.values["adamw_steps"] as? [[String: Double]])
    #expect(steps.count == 4)
    for (iteration, expected) in steps.enumerated() {
      let rate = schedule.learningRate(at: iteration)
      let losses = try losses(golden, selfTraining: iteration >= Self.selfTrainingStart)
      let found = ["lr": rate, "loss_scrib": try losses.scribble.item(), "loss_seg": try losses.segmentation.item()]
      let tolerance = iteration == 0 ? Self.firstTolerance : Self.laterTolerance
      for (name, value) in found {
        let expected = try #require(expected[name])
        #expect(abs(value - expected) <= tolerance * expected, "step \(iteration), \(name): \(value), \(expected)")
      }
      optimizer.clearGradients()
      try (losses.scribble + losses.segmentation).backward()
      try optimizer.step(learningRate: rate)
    }

    let mean = try #require(golden.values["after_steps_running_mean_bn1"] as? [Double])
    let running = try #require(golden.network.store["backbone.bn1.running_mean"])
    let means = Closeness(Array(try running.doubles().prefix(mean.count)), mean)
    #expect(means.relative <= Self.laterTolerance, "running mean: \(means)")

    let logits = try withInference { try golden.network(golden.input("image", .float64), .evaluation).logits() }
    let seen = try logits.sliced(2, 0, 96, step: 2).sliced(3, 0, 96, step: 2)
    let closeness = try Closeness(seen, try golden.tensors("after_steps.logits").doubles)
    #expect(closeness.relative <= Self.laterTolerance, "logits: \(closeness)")
  }
}
