import Fitting
import Tensors
import Training

// The section `training`: the optimiser, its schedule and what is recorded.
extension TrainingConfiguration: SettingsSection {
  package static let alternatives = [
    ["epochs", "iterations"], ["self_training_start", "self_training_start_fraction"],
  ]

  package static let settings: [Setting<TrainingConfiguration>] = [
    Setting(
      "epochs", \.epochs, .alternative(.whole(1...1_000_000)), "Passes over the training images."),
    Setting(
      "iterations", \.iterations, .alternative(.whole(1...1_000_000_000)), "Optimiser steps, in place of `epochs`."),
    Setting(
      "batch_size", \.batchSize, .whole(1...4096),
      "Number of images in each step, at least 2 in training, as one image has no variance after the pooling to 1 x 1. With "
        + "fewer training images than that, an epoch is one step, in which images come again in other variants."),
    Setting("learning_rate", \.learningRate, .number(above: 0, to: 1), "Learning rate of the first iteration."),
    Setting("weight_decay", \.optimizer.weightDecay, .number(0...1), "Weight decay of AdamW."),
    Setting(
      "betas", \.optimizer.betas, decayRates, "Decay rates of AdamW, for the mean of the gradient and of its square."),
    Setting("epsilon", \.optimizer.epsilon, .number(1e-16...1), "Epsilon of AdamW."),
    Setting(
      "decay_norms_and_biases", \.optimizer.decaysNormsAndBiases, .flag,
      "Apply weight decay to parameters of one dimension as well, as the published program does."),
    Setting(
      "rates", \.optimizer.rateFactors, factors,
      "Factors of the learning rate by the beginning of parameters' names, as in `{backbone: 0.1}`; of several that fit, "
        + "the longest counts."),
    Setting(
      "head_first", \.headFirst, .number(0...1),
      "Share of the steps, at the beginning, in which the backbone stays as it is and the other layers learn."),
    Setting(
      "power", \.power, .number(0...10), "Exponent of the schedule: rate = learning_rate (1 - t / (T + 1))^power."),
    Setting(
      "precision", \.precision, .choice(Precision.self),
      "Number format of the network's arithmetic. Where the processor has no instructions for a format of 16 bits, float32 "
        + "is used."),
    Setting(
      "tf32", \.allowsTF32, .flag,
      "Let CUDA round the factors of float32 products to 10 bits (TF32): several times faster, and less exact than the "
        + "published numbers."),
    Setting(
      "cuda_graphs", \.usesGraphs, .flag,
      "Record the passes of a step on CUDA once and repeat them as a whole, which saves the time to ask for each operator; "
        + "without effect elsewhere, with several processes, and with losses that compute on the CPU."),
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
    .mapped({ AdamW.Betas(mean: $0[0], square: $0[1]) }, back: { [$0.mean, $0.square] })

  private static let factors = SettingValue<[String: Double]>.map(
    .text("the beginning of a name"), .number(above: 0, to: 1000),
    expectation: "factors by beginnings of names, as in {backbone: 0.1}, each a number above 0, up to 1000")

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

// The section `fitting`: how a head is fitted to frozen features.
extension FittingConfiguration: SettingsSection {
  package static let settings: [Setting<FittingConfiguration>] = [
    Setting("steps", \.steps, .whole(1...1_000_000), "Optimiser steps."),
    Setting("batch", \.batch, .whole(1...65_536), "Scribbled pixels per step, drawn from all photographs."),
    Setting("learning_rate", \.learningRate, .number(above: 0, to: 1), "Learning rate of AdamW."),
    Setting("weight_decay", \.weightDecay, .number(0...1), "Weight decay of AdamW; biases have none."),
    Setting("dropout", \.dropout, .number(0, below: 1), "Probability that a hidden number is dropped in a step."),
    Setting(
      "samples_per_class", \.samplesPerClass, .whole(1...65_536),
      "Scribbled pixels of each class that are kept of a photograph, drawn at random where there are more."),
    Setting(
      "unlabelled_samples", \.unlabelledSamples, .whole(0...65_536),
      "Unlabelled pixels that are kept of a photograph, for `absent_weight`."),
    Setting(
      "absent_weight", \.absentWeight, .number(0...1000),
      "Weight of the loss of absent classes: at unlabelled pixels, probability of classes that are not scribbled anywhere "
        + "on the photograph counts as an error. Set it to 0 where photographs hold classes that nobody scribbled there."
    ),
    Setting("mirror", \.mirror, .flag, "Learn from the mirror images of the photographs too."),
  ]
}
