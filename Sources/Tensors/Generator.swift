import CLibTorch

/// A random number generator on a device, beside LibTorch's default one.
public final class Generator {
  let handle: TorchGenerator

  public init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
    LibTorch.started
    var result = TorchGenerator(ref: nil)
    try LibTorch.check(torch_generator_new(device.description, seed, &result), "generator")
    handle = result
  }

  deinit { torch_generator_release(handle) }

  /// The state, as bytes that can be saved in a file.
  public func state() throws(TorchError) -> Tensor {
    var result = TorchTensor(ref: nil)
    try LibTorch.check(torch_generator_state(handle, &result), "generator state")
    return Tensor(owning: result)
  }

  /// Continues from a saved state.
  public func restore(_ state: Tensor) throws(TorchError) {
    let failure = withExtendedLifetime(state) { torch_generator_set_state(handle, state.handle) }
    try LibTorch.check(failure, "generator state")
  }
}
