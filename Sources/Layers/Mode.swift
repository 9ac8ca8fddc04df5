import Tensors

/// How layers compute what they are.
package enum Execution: Sendable {
  /// With Winograd's algorithm, fused operators, the kernel for local aggregation, and little memory in training.
  case fast
  /// One of LibTorch's own operators after another: the same but for rounding, as an exporter or a comparison wants it. Takes
  /// more time and, for local aggregation, memory with the square of the grid's positions.
  case plain
}

/// Whether a network learns or predicts, where batch normalisation and dropout differ, and how it computes.
public struct Mode {
  public let isTraining: Bool
  /// The processes whose batches count as one; nil where this one trains alone.
  package let group: (any BatchSharing)?
  /// What dropout draws from, nil for the device's default source, which all threads share.
  let generator: Generator?
  /// Whether running statistics take in the batch.
  private(set) var updatesStatistics: Bool
  package private(set) var execution = Execution.fast
  /// Whether batch normalisation uses its running statistics in training too, and leaves them as they are.
  package private(set) var fixesStatistics = false
  /// Whether the backbone is left as it is: no gradient reaches it.
  package private(set) var freezesBackbone = false
  /// Whether what is large and quickly computed is computed again for the backward pass in place of being kept.
  package private(set) var recomputes = true

  public static var evaluation: Mode {
    Mode(isTraining: false, group: nil, generator: nil, updatesStatistics: false)
  }

  public static var training: Mode { training() }

  /// Learning from one batch that is spread over processes: the result does not depend on their number if their generators
  /// are in one state.
  package static func training(across group: (any BatchSharing)? = nil, drawingFrom generator: Generator? = nil) -> Mode
  {
    Mode(isTraining: true, group: group, generator: generator, updatesStatistics: true)
  }

  /// The same for a batch that went through the network before.
  package var repeated: Mode {
    var mode = self
    mode.updatesStatistics = false
    return mode
  }

  /// The same with the running statistics of batch normalisation as they are.
  package var withFixedStatistics: Mode {
    var mode = self
    mode.fixesStatistics = true
    mode.updatesStatistics = false
    return mode
  }

  /// The same with the backbone as it is.
  package var withFrozenBackbone: Mode {
    var mode = self
    mode.freezesBackbone = true
    return mode
  }

  /// The same with all intermediate results kept for the backward pass, which takes more memory and less time.
  package var withoutRecomputation: Mode {
    var mode = self
    mode.recomputes = false
    return mode
  }

  /// The same in plain execution.
  public var plain: Mode {
    var mode = withoutRecomputation
    mode.execution = .plain
    return mode
  }
}

/// Processes that share a batch, as layers see them.
package protocol BatchSharing: AnyObject {
  /// Index of this process's part of the batch, from 0.
  var rank: Int { get }
  /// Number of processes.
  var count: Int { get }

  /// Batch normalisation of `x`, `[N, C, H, W]`, with mean and variance over the batches of all processes, which also
  /// update the running statistics; can be differentiated. To be called by all processes.
  func batchNormalized(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, mean: Tensor, variance: Tensor, momentum: Double, epsilon: Double
  ) throws(TorchError) -> Tensor
}

/// Dropout of whole channels (Tompson et al., CVPR 2015).
package struct ChannelDropout: Sendable {
  package let probability: Double

  package init(_ probability: Double) { self.probability = probability }

  /// In training sets channels of `x`, `[N, C, H, W]`, to zero with this probability and scales the others up to keep
  /// the mean; draws from the mode's generator.
  package func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    guard mode.isTraining, probability > 0 else { return x }
    let (images, channels) = (x.shape[0], x.shape[1])
    let (rank, count) = (mode.group?.rank ?? 0, mode.group?.count ?? 1)
    // Every process draws for the whole batch and takes its part, so that the number of processes changes nothing.
    let kept = try Tensor.bernoulli(
      1 - probability, [count * images, channels, 1, 1], x.type, on: x.device, mode.generator)
    return try x * (kept.sliced(0, rank * images, (rank + 1) * images) / (1 - probability))
  }
}
