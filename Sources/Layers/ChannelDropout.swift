import Tensors

/// Dropout of whole channels (Tompson et al., CVPR 2015).
public struct ChannelDropout: Sendable {
  public let probability: Double

  public init(_ probability: Double) { self.probability = probability }

  /// In training sets channels of `x`, `[N, C, H, W]`, to zero with this probability and scales the others up to keep
  /// the mean; draws from the mode's generator.
  public func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    guard mode.isTraining, probability > 0 else { return x }
    let (images, channels) = (x.shape[0], x.shape[1])
    let (rank, count) = (mode.group?.rank ?? 0, mode.group?.count ?? 1)
    // Every process draws for the whole batch and takes its part, so that the number of processes changes nothing.
    let kept = try Tensor.bernoulli(
      1 - probability, [count * images, channels, 1, 1], x.type, on: x.device, mode.generator)
    return try x * (kept.sliced(0, rank * images, (rank + 1) * images) / (1 - probability))
  }
}
