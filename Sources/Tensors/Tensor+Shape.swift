import CLibTorch

/// The same elements in another shape, order, type or device.
extension Tensor {
  public func reshaped(_ shape: [Int]) throws(TorchError) -> Tensor { try Operator.reshape(self, shape) }
  public func permuted(_ order: [Int]) throws(TorchError) -> Tensor { try Operator.permute(self, order) }
  public func unsqueezed(_ dim: Int) throws(TorchError) -> Tensor { try Operator.unsqueeze(self, dim) }
  public func squeezed(_ dim: Int) throws(TorchError) -> Tensor { try Operator.squeeze(self, dim) }

  /// Indices `first..<end` of a dimension, a view.
  public func sliced(_ dim: Int, _ first: Int, _ end: Int, step: Int = 1) throws(TorchError) -> Tensor {
    try Operator.slice(self, dim, first, end, step)
  }

  /// The elements at `index` of a dimension, a view without it.
  public func selected(_ dim: Int, _ index: Int) throws(TorchError) -> Tensor { try Operator.select(self, dim, index) }

  /// The elements along `dim` that `index` names; `index` is int64.
  public func gathered(_ dim: Int, _ index: Tensor) throws(TorchError) -> Tensor {
    try Operator.gather(self, dim, index)
  }

  /// The elements of the flattened tensor that `index`, int64 of any shape, names; in that shape.
  public func taken(at index: Tensor) throws(TorchError) -> Tensor { try Operator.take(self, index) }

  /// The slices of a dimension that `index`, int64 `[K]`, names, in its order.
  public func indexed(_ dim: Int, _ index: Tensor) throws(TorchError) -> Tensor {
    try Operator.indexSelect(self, dim, index)
  }

  /// Overwrites the rows, slices of the first dimension, that `index`, int64 `[K]`, names, in its order.
  public func setRows(at index: Tensor, to rows: Tensor) throws(TorchError) {
    try Operator.indexCopyInPlace(self, 0, index, rows)
  }

  /// In reverse order along the dimensions.
  public func flipped(_ dims: [Int]) throws(TorchError) -> Tensor { try Operator.flip(self, dims) }

  /// Constant numbers around the last dimensions: left, right, top, bottom ...
  public func padded(_ amounts: [Int], with value: Double = 0) throws(TorchError) -> Tensor {
    try Operator.pad(self, amounts, value)
  }

  public static func concatenated(_ tensors: [Tensor], _ dim: Int) throws(TorchError) -> Tensor {
    try Operator.cat(tensors, dim)
  }

  public func to(_ type: ElementType) throws(TorchError) -> Tensor {
    self.type == type ? self : try Operator.toType(self, type)
  }

  public func to(_ device: Device) throws(TorchError) -> Tensor {
    let source = self.device
    if source == device { return self }
    // From pinned memory CUDA copies in its own time; from other memory, and into the host's, this waits.
    let isFree = source == .cpu && device.kind == .cuda
    return try Operator.toDevice(self, nil, nil, device, nil, isFree)
  }

  public func contiguous(_ format: MemoryFormat = .contiguous) throws(TorchError) -> Tensor {
    try Operator.contiguous(self, format)
  }

  /// A copy with memory of its own, in the same order where none is given.
  public func cloned(_ format: MemoryFormat? = nil) throws(TorchError) -> Tensor { try Operator.clone(self, format) }
}

extension Operator {
  static let reshape = Operator("reshape")
  static let permute = Operator("permute")
  static let unsqueeze = Operator("unsqueeze")
  static let squeeze = Operator("squeeze", "dim")
  static let slice = Operator("slice", "Tensor")
  static let select = Operator("select", "int")
  static let gather = Operator("gather")
  static let take = Operator("take")
  static let flip = Operator("flip")
  static let indexSelect = Operator("index_select")
  static let indexCopyInPlace = Operator("index_copy_")
  static let pad = Operator("constant_pad_nd")
  static let cat = Operator("cat")
  static let toType = Operator("to", "dtype")
  static let toDevice = Operator("to", "dtype_layout")
  static let contiguous = Operator("contiguous")
  static let clone = Operator("clone")
  static let detach = Operator("detach")
}

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
