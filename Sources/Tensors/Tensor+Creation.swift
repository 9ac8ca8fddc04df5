import CLibTorch

extension Tensor {
  public static func zeros(
    _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu
  ) throws(TorchError) -> Tensor { try Operator.zeros(shape, type, nil, device) }

  public static func filled(
    _ value: Double, _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu
  ) throws(TorchError) -> Tensor { try Operator.full(shape, value, type, nil, device) }

  /// Memory for a tensor whose elements will all be written before they are read.
  public static func uninitialized(
    _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu, _ format: MemoryFormat = .contiguous
  ) throws(TorchError) -> Tensor { try Operator.empty(shape, type, nil, device, nil, format) }

  /// Numbers drawn from the standard normal distribution.
  public static func normal(
    _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu, _ generator: Generator? = nil
  ) throws(TorchError) -> Tensor { try Operator.randn(shape, generator, type, nil, device) }

  /// Numbers drawn uniformly from 0..<1.
  public static func uniform(
    _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu, _ generator: Generator? = nil
  ) throws(TorchError) -> Tensor { try Operator.rand(shape, generator, type, nil, device) }

  /// Ones with this probability, otherwise zeros.
  public static func bernoulli(
    _ probability: Double, _ shape: [Int], _ type: ElementType = .float32, on device: Device = .cpu,
    _ generator: Generator? = nil
  ) throws(TorchError) -> Tensor { try Operator.bernoulli(zeros(shape, type, on: device), probability, generator) }

  public func zerosAlike() throws(TorchError) -> Tensor { try Operator.zerosLike(self) }

  public func onesAlike() throws(TorchError) -> Tensor { try Operator.onesLike(self) }
}

extension Operator {
  static let zeros = Operator("zeros")
  static let full = Operator("full")
  static let empty = Operator("empty", "memory_format")
  static let randn = Operator("randn", "generator")
  static let rand = Operator("rand", "generator")
  static let bernoulli = Operator("bernoulli_", "float")
  static let zerosLike = Operator("zeros_like")
  static let onesLike = Operator("ones_like")
}

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
