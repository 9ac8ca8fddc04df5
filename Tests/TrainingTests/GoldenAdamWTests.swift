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
  /// Of the logits after the fourth update, which once more enlarges what the weights at far distances leave open.
  static let logitsTolerance = 1e-6
  /// Of the losses of each step with distance weights of our own, relative; `PublishedAggregation` says why they grow.
  static let ownTolerances = [1e-10, 1e-7, 1e-5, 1e-3]
  /// Iterations of the run whose first steps are kept.
  static let iterations = 40
  /// The steps from this one on learn from pseudo labels.
  static let selfTrainingStart = 2

  /// The class logits of the golden image, aggregated by the product where `aggregation` is nil.
  private func predict(
    _ golden: GoldenNetwork, _ aggregation: PublishedAggregation?, training: Bool
  ) throws -> (logits: Tensor, scribbleLogits: Tensor) {
    let image = try golden.input("image", .float64)
    let prediction = try golden.network(image, training ? .training : .evaluation)
    let aggregated = try aggregation?(golden.network.shallowFeature(image), prediction.scores)
    let logits = try aggregated?.resizedBilinear(height: 96, width: 96) ?? prediction.logits()
    return (logits, try prediction.scribbleLogits())
  }

  /// Makes the four steps and compares the learning rate and the losses of each.
  private func train(_ golden: GoldenNetwork, _ aggregation: PublishedAggregation?, _ tolerances: [Double]) throws {
    let optimizer = try AdamW(golden.network.store.parameters)
    let schedule = PolynomialSchedule(base: 3e-5, power: 0.9, iterations: Self.iterations)
    let labels = try golden.labels("scribble")
    let steps = try #require(golden.values["adamw_steps"] as? [[String: Double]])
    #expect(steps.count == tolerances.count)
    for (iteration, expected) in steps.enumerated() {
      let (logits, scribbleLogits) = try predict(golden, aggregation, training: true)
      let supervision =
        iteration < Self.selfTrainingStart
        ? labels
        : try segmentationPseudoLabels(
          logits, labels: labels, classPresent: golden.input("class_present", .float64), threshold: 0.9)
      let scribble = try scribbleLoss(scribbleLogits, labels, classWeight: golden.network.scribbleClassWeight)
      let segmentation = try blpLoss(logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: 2)
      let rate = schedule.learningRate(at: iteration)
      let found = ["lr": rate, "loss_scrib": try scribble.item(), "loss_seg": try segmentation.item()]
      for (name, value) in found {
        let expected = try #require(expected[name])
        let difference = abs(value - expected) / expected
        #expect(difference <= tolerances[iteration], "step \(iteration), \(name): \(value), expected \(expected)")
      }
      optimizer.clearGradients()
      try (scribble + segmentation).backward()
      try optimizer.step(learningRate: rate)
    }
  }

  @Test("with its distance weights: rates, losses, running means and the logits after four steps")
  func fourSteps() throws {
    // Sums in another order differ by 1e-16, which the four steps enlarge to 6e-7; one thread has one order.
    let threads = LibTorch.threadCount
    LibTorch.threadCount = 1
    defer { LibTorch.threadCount = threads }
    let golden = try GoldenNetwork(.float64)
    let aggregation = try PublishedAggregation()
    let later = Self.laterTolerance
    try train(golden, aggregation, [Self.firstTolerance, later, later, later])

    let mean = try #require(golden.values["after_steps_running_mean_bn1"] as? [Double])
    let running = try #require(golden.network.store["backbone.bn1.running_mean"])
    let means = Closeness(Array(try running.doubles().prefix(mean.count)), mean)
    #expect(means.relative <= later, "running mean: \(means)")

    let logits = try withInference { try predict(golden, aggregation, training: false).logits }
    let seen = try logits.sliced(2, 0, 96, step: 2).sliced(3, 0, 96, step: 2)
    let closeness = try Closeness(seen, try golden.tensors("after_steps.logits").doubles)
    #expect(closeness.relative <= Self.logitsTolerance, "logits: \(closeness)")
  }

  @Test("with ours: rates and losses, as far as weights that differ in their last bits allow")
  func ownAggregation() throws {
    try train(GoldenNetwork(.float64), nil, Self.ownTolerances)
  }
}
