import Tensors
import TestNetworks
import TestSupport
import Testing
import Training

/// What roundings do to four steps, relative.
///
/// The network's batch normalisations, over a few values each, and updates that divide gradients by their own size enlarge
/// every difference by a hundred to a thousand in a step. How far they get was measured by moving every parameter by one unit
/// in the last place up or down: these are the largest of twelve seeds. Another order of sums, or another processor's BLAS,
/// differs in as many roundings of that size. Demanded are agreements within eight times that, since the spread of the seeds
/// is a factor of ten and more.
private enum Amplification {
  static let multiple = 8.0
  /// Of the losses of each step.
  static let scribble = [5.6e-15, 2.5e-13, 8.1e-11, 5.2e-8]
  static let segmentation = [5.0e-14, 1.8e-11, 7.6e-10, 8.3e-7]
  static let runningMean = 2.9e-10
  /// Relative to the largest. Most seeds move them by 2.5e-6, two by the same 3.0e-5.
  static let logits = 3.0e-5

  /// Differences of two outcomes over what roundings were seen to make of them.
  static func shares(_ found: PublishedSteps.Outcome, _ expected: PublishedSteps.Outcome) -> [(String, Double)] {
    func each(_ name: String, _ found: [Double], _ expected: [Double], _ spread: [Double]) -> [(String, Double)] {
      zip(zip(found, expected), spread).enumerated().map { step, numbers in
        let ((found, expected), spread) = numbers
        return ("\(name) loss of step \(step)", abs(found - expected) / expected / spread)
      }
    }
    let means = Closeness(Array(found.runningMean.prefix(expected.runningMean.count)), expected.runningMean)
    return each("scribble", found.scribble, expected.scribble, scribble)
      + each("segmentation", found.segmentation, expected.segmentation, segmentation) + [
        ("running mean", means.relative / runningMean),
        ("logits", Closeness(found.logits, expected.logits).relative / logits),
      ]
  }
}

@Suite("AdamW steps agree with the published program in float64")
struct GoldenAdamWTests {
  /// Of the learning rates, relative: a power and some products.
  static let rateTolerance = 1e-14
  /// Of the losses of each step with distance weights of our own, relative: a few times what 3e-11, the difference of the
  /// first step, becomes when every step enlarges it by some hundred. `PublishedAggregation` says where it comes from.
  static let ownTolerances = [1e-10, 1e-7, 1e-5, 1e-3]

  @Test("with its distance weights: losses, running means and the logits after four steps, but for roundings")
  func fourSteps() throws {
    let aggregation = try PublishedAggregation()
    let steps = try PublishedSteps(aggregation)
    let published = try PublishedSteps.published(steps.golden)
    let found = try steps.run()
    #expect(found.scribble.count == 4 && published.scribble.count == 4)
    for (name, share) in Amplification.shares(found, published) {
      #expect(share.isWithin(Amplification.multiple), "\(name): \(share) times what roundings do")
    }

    let moved = try PublishedSteps(aggregation)
    try moved.perturb(seed: 1)
    let shares = Amplification.shares(try moved.run(), found)
    for (name, share) in shares {
      #expect(share.isWithin(Amplification.multiple), "one unit in the last place, \(name): \(share)")
    }
    // Roundings do about as much as is stated, and not far less.
    #expect(shares.contains { $0.1 > 1 / Amplification.multiple }, "\(shares)")
  }

  @Test("its learning rates")
  func rates() throws {
    let golden = try GoldenNetwork(.float64)
    let steps = try #require(golden.values["adamw_steps"] as? [[String: Double]])
    for (iteration, step) in steps.enumerated() {
      let expected = try #require(step["lr"])
      let found = PublishedSteps.schedule.learningRate(at: iteration)
      #expect((abs(found - expected) / expected).isWithin(Self.rateTolerance))
    }
  }

  @Test("one step by the formula agrees, and by the formula with a mistake lies far outside the tolerance")
  func mistakes() throws {
    let steps = try PublishedSteps(PublishedAggregation())
    let published = try PublishedSteps.published(steps.golden)
    let (scribble, segmentation) = try steps.losses(0)
    try (scribble + segmentation).backward()
    let start = try steps.parameters.map { entry in
      (entry.tensor, value: try entry.tensor.detached().cloned(), gradient: try entry.tensor.gradient?.cloned())
    }
    let rate = PublishedSteps.schedule.learningRate(at: 0)
    /// How far the losses after an update by `rule` lie from the published ones, over the tolerance.
    func share(_ rule: WrittenAdamW) throws -> Double {
      try withoutGradient {
        for (parameter, value, gradient) in start {
          try parameter.copy(from: gradient.map { try rule.updated(value, $0, rate: rate) } ?? value)
        }
        let losses = try steps.losses(1)
        let differences = (
          scribble: abs(try losses.scribble.item() / published.scribble[1] - 1),
          segmentation: abs(try losses.segmentation.item() / published.segmentation[1] - 1)
        )
        return max(
          differences.scribble / Amplification.scribble[1], differences.segmentation / Amplification.segmentation[1])
          / Amplification.multiple
      }
    }
    #expect(try share(.correct).isWithin(1))
    for mistake in WrittenAdamW.mistakes {
      let share = try share(mistake)
      #expect(share > 100, "\(mistake): \(share)")
    }
  }

  @Test("with ours: losses, as far as weights that differ in their last bits allow")
  func ownAggregation() throws {
    let steps = try PublishedSteps(nil)
    let published = try PublishedSteps.published(steps.golden)
    let found = try steps.run()
    for (step, tolerance) in Self.ownTolerances.enumerated() {
      let scribble = abs(found.scribble[step] / published.scribble[step] - 1)
      let segmentation = abs(found.segmentation[step] / published.segmentation[step] - 1)
      #expect(scribble.isWithin(tolerance) && segmentation.isWithin(tolerance), "step \(step)")
    }
  }
}
