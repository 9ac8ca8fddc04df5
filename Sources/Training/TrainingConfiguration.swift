import Foundation
import Losses
import Tensors

/// How a network is trained (Docs/Method.md, "Training"): the optimiser, its schedule and what is recorded.
public struct TrainingConfiguration: Sendable, Equatable {
  /// How long training lasts.
  public enum Length: Sendable, Equatable {
    /// Passes over the training images.
    case epochs(Int)
    /// Optimiser steps.
    case iterations(Int)
  }

  /// When pseudo labels join the scribbles.
  public enum SelfTrainingStart: Sendable, Equatable {
    /// From this iteration, counted from 0.
    case iteration(Int)
    /// After this share of all iterations, 0...1.
    case fraction(Double)
  }

  public var length = Length.epochs(40)
  /// Images per step, 1...4096, of which training takes at least 2.
  public var batchSize = 10
  /// The learning rate of the first iteration, above 0, at most 1.
  public var learningRate = 3e-5
  /// The exponent of the learning rate's decay, 0...10.
  public var power = 0.9
  public var optimizer = AdamW.Settings()
  /// Share of the steps, at the beginning, in which the backbone stays as it is: 0...1.
  public var headFirst = 0.0
  public var precision = Precision.float32
  /// Whether CUDA rounds the factors of float32 products to 10 bits.
  public var allowsTF32 = false
  /// Whether the passes of steps on CUDA are recorded as a graph, where that is possible.
  public var usesGraphs = true
  public var selfTrainingStart = SelfTrainingStart.iteration(10_000)
  /// The probability that a pseudo label needs, 0...1.
  public var selfTrainingThreshold = 0.9
  /// Epochs between validations; 0 for none.
  public var validateEvery = 1
  /// Iterations between checkpoints; 0 for one at the end of each epoch only.
  public var checkpointEvery = 500
  /// Iterations between entries of the record, at least 1.
  public var logEvery = 10
  /// Iterations between pictures of a batch for TensorBoard; 0 for none.
  public var picturesEvery = 100

  public init() {}

  /// The numbers that follow from the number of batches per epoch.
  package func plan(batchesPerEpoch: Int) -> TrainingPlan {
    let iterations =
      switch length {
      case .epochs(let count): count * batchesPerEpoch
      case .iterations(let count): count
      }
    let start =
      switch selfTrainingStart {
      case .iteration(let start): start
      case .fraction(let share): Int((share * Double(iterations)).rounded())
      }
    return TrainingPlan(
      selfTraining: SelfTraining(from: start, threshold: selfTrainingThreshold),
      schedule: PolynomialSchedule(base: learningRate, power: power, iterations: iterations))
  }
}

/// A training's steps.
package struct TrainingPlan: Sendable {
  /// T, the number of optimiser steps.
  package var iterations: Int { schedule.iterations }
  /// The labels to learn from.
  package let selfTraining: SelfTraining
  package let schedule: PolynomialSchedule
}

/// The learning rate base (1 - t / (T + 1))^power at iteration t of T (Docs/Method.md, "Training").
public struct PolynomialSchedule: Sendable, Equatable {
  public let base: Double
  public let power: Double
  /// T.
  public let iterations: Int

  public init(base: Double, power: Double, iterations: Int) {
    self.base = base
    self.power = power
    self.iterations = iterations
  }

  /// `iteration` counts from 0.
  public func learningRate(at iteration: Int) -> Double {
    base * pow(1 - Double(min(iteration, iterations)) / Double(iterations + 1), power)
  }
}
