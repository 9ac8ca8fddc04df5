import CLibTorch

/// A source of random numbers on a device.
public final class Generator {
  let handle: TorchGenerator

  private init(owning handle: TorchGenerator) {
    self.handle = handle
  }

  /// A source of its own, seeded.
  public convenience init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
    LibTorch.started
    var result = TorchGenerator(ref: nil)
    try LibTorch.check(torch_generator_new(device.description, seed, &result), "generator")
    self.init(owning: result)
  }

  deinit { torch_generator_release(handle) }

  /// The source that operators such as dropout draw from when they are given none.
  public static func standard(on device: Device) throws(TorchError) -> Generator {
    LibTorch.started
    var result = TorchGenerator(ref: nil)
    try LibTorch.check(torch_generator_default(device.description, &result), "generator")
    return Generator(owning: result)
  }

  /// Starts the numbers anew.
  public func seed(_ seed: UInt64) { torch_generator_seed(handle, seed) }

  /// All that decides the numbers to come, as bytes that can be kept in a file.
  public func state() throws(TorchError) -> Tensor {
    var result = TorchTensor(ref: nil)
    try LibTorch.check(torch_generator_state(handle, &result), "generator state")
    return Tensor(owning: result)
  }

  /// Continues from a state that was kept.
  public func restore(_ state: Tensor) throws(TorchError) {
    let failure = withExtendedLifetime(state) { torch_generator_set_state(handle, state.handle) }
    try LibTorch.check(failure, "generator state")
  }
}
