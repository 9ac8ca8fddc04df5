import Training

/// The optimiser, its schedule and what is recorded on the way.
public struct TrainingSettings: Sendable, Equatable {
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

  /// The exponential decay rates of AdamW, each 0..<1.
  public struct Betas: Sendable, Equatable {
    /// Of the running mean of the gradient.
    public var mean: Double
    /// Of the running mean of the squared gradient.
    public var square: Double

    public init(mean: Double, square: Double) {
      self.mean = mean
      self.square = square
    }
  }

  /// How long training lasts; default 40 epochs.
  public var length = Length.epochs(40)
  /// Images a step, 1...4096, of which training takes at least 2; default 10.
  public var batchSize = 10
  /// The learning rate of the first iteration, above 0, at most 1; default 3e-5.
  public var learningRate = 3e-5
  /// AdamW's weight decay, 0...1; default 0.01.
  public var weightDecay = 0.01
  /// AdamW's decay rates; default 0.9 and 0.999.
  public var betas = Betas(mean: 0.9, square: 0.999)
  /// AdamW's epsilon, 1e-16...1; default 1e-8. Updates from gradients that vanish in float32 would be as large as the
  /// gradient over a smaller one.
  public var epsilon = 1e-8
  /// The exponent of the polynomial learning rate schedule, 0...10; default 0.9.
  public var power = 0.9
  /// The number format of the network's arithmetic; default float32.
  public var precision = TrainingConfiguration.Precision.float32
  /// When pseudo labels join the scribbles; default iteration 10,000.
  public var selfTrainingStart = SelfTrainingStart.iteration(10_000)
  /// The probability that a pseudo label needs, 0...1; default 0.9.
  public var selfTrainingThreshold = 0.9
  /// Epochs between validations; 0 for none; default 1.
  public var validateEvery = 1
  /// Iterations between checkpoints; 0 for one at the end of each epoch only; default 500.
  public var checkpointEvery = 500
  /// Iterations between lines of the log; default 10.
  public var logEvery = 10
  /// Iterations between pictures for TensorBoard; 0 for none; default 100.
  public var picturesEvery = 100

  public init() {}
}

extension TrainingSettings: SettingsSection {
  static let alternatives = [["epochs", "iterations"], ["self_training_start", "self_training_start_fraction"]]

  static let settings: [Setting<TrainingSettings>] = [
    Setting(
      "epochs", \.epochs, .alternative(.whole(1...1_000_000)), "Passes over the training images."),
    Setting(
      "iterations", \.iterations, .alternative(.whole(1...1_000_000_000)), "Optimiser steps, in place of `epochs`."),
    Setting(
      "batch_size", \.batchSize, .whole(1...4096),
      "Number of images in each step, at least 2 in training, as one image has no variance after the pooling to 1 x 1. With "
        + "fewer training images than that, an epoch is one step, in which images come again in other variants."),
    Setting("learning_rate", \.learningRate, .number(above: 0, to: 1), "Learning rate of the first iteration."),
    Setting("weight_decay", \.weightDecay, .number(0...1), "Weight decay of AdamW."),
    Setting(
      "betas", \.betas, decayRates, "Decay rates of AdamW, for the mean of the gradient and of its square."),
    Setting("epsilon", \.epsilon, .number(1e-16...1), "Epsilon of AdamW."),
    Setting(
      "power", \.power, .number(0...10), "Exponent of the schedule: rate = learning_rate (1 - t / (T + 1))^power."),
    Setting(
      "precision", \.precision, .choice(TrainingConfiguration.Precision.self),
      "Number format of the network's arithmetic. Where the processor has no instructions for a format of 16 bits, float32 "
        + "is used."),
    Setting(
      "self_training_start", \.selfTrainingIteration, .alternative(.whole(0...Int.max)),
      "Iteration from which pseudo labels join the scribbles."),
    Setting(
      "self_training_start_fraction", \.selfTrainingFraction, .alternative(.number(0...1)),
      "The same as a share of all iterations, in place of `self_training_start`."),
    Setting(
      "self_training_threshold", \.selfTrainingThreshold, .number(0...1), "Probability that a pseudo label needs."),
    Setting("validate_every", \.validateEvery, .whole(0...Int.max), "Epochs between validations; 0 for none."),
    Setting(
      "checkpoint_every", \.checkpointEvery, .whole(0...Int.max),
      "Iterations between checkpoints; 0 for one at the end of each epoch only."),
    Setting("log_every", \.logEvery, .whole(1...Int.max), "Iterations between lines of the log."),
    Setting(
      "pictures_every", \.picturesEvery, .whole(0...Int.max),
      "Iterations between pictures of a batch for TensorBoard; 0 for none."),
  ]

  private static let decayRates = SettingValue<[Double]>.list(.number(0, below: 1), count: 2...2, of: "two numbers")
    .mapped({ Betas(mean: $0[0], square: $0[1]) }, back: { [$0.mean, $0.square] })

  // Two keys for one value: each sees its own case, and setting it replaces the other.

  private var epochs: Int? {
    get { if case .epochs(let count) = length { count } else { nil } }
    set { if let newValue { length = .epochs(newValue) } }
  }

  private var iterations: Int? {
    get { if case .iterations(let count) = length { count } else { nil } }
    set { if let newValue { length = .iterations(newValue) } }
  }

  private var selfTrainingIteration: Int? {
    get { if case .iteration(let start) = selfTrainingStart { start } else { nil } }
    set { if let newValue { selfTrainingStart = .iteration(newValue) } }
  }

  private var selfTrainingFraction: Double? {
    get { if case .fraction(let share) = selfTrainingStart { share } else { nil } }
    set { if let newValue { selfTrainingStart = .fraction(newValue) } }
  }
}
