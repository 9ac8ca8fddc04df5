import CLibTorch

/// An array of numbers with a shape, on a device, which may record how it was computed.
///
/// A reference to LibTorch's tensor: two names of one tensor see the same elements. Not `Sendable`; a tensor stays on
/// the thread that made it, and threads exchange plain buffers.
public final class Tensor {
  package let handle: TorchTensor

  /// Takes over a reference that a C function handed out.
  package init(owning handle: TorchTensor) {
    self.handle = handle
  }

  deinit { torch_tensor_release(handle) }

  /// A tensor on the CPU with a copy of these bytes, row-major.
  public convenience init(
    copying bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType
  ) throws(TorchError) {
    self.init(owning: try Tensor.copy(bytes, shape, type).get())
  }

  /// Where `isPinned`, the elements lie in memory from which CUDA devices copy while the program goes on.
  public convenience init(_ values: [Float], _ shape: [Int], isPinned: Bool = false) throws(TorchError) {
    try self.init(elements: values, shape, .float32, isPinned: isPinned)
  }

  public convenience init(_ values: [Double], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .float64)
  }

  /// Where `isPinned`, the elements lie in memory from which CUDA devices copy while the program goes on.
  public convenience init(_ values: [Int64], _ shape: [Int], isPinned: Bool = false) throws(TorchError) {
    try self.init(elements: values, shape, .int64, isPinned: isPinned)
  }

  public convenience init(_ values: [UInt8], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .uint8)
  }

  private convenience init<Element>(
    elements: [Element], _ shape: [Int], _ type: ElementType, isPinned: Bool = false
  ) throws(TorchError) {
    self.init(
      owning: try elements.withUnsafeBytes { bytes in Tensor.copy(bytes, shape, type, isPinned: isPinned) }.get())
  }

  private static func copy(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType, isPinned: Bool = false
  ) -> Result<TorchTensor, TorchError> {
    LibTorch.started
    var result = TorchTensor(ref: nil)
    let sizes = shape.map(Int64.init)
    let failure = torch_tensor_copy(
      bytes.baseAddress, bytes.count, sizes, sizes.count, type.rawValue, isPinned, &result)
    return Result { () throws(TorchError) in
      try LibTorch.check(failure, "tensor", shapes: [shape])
      return result
    }
  }

  public var shape: [Int] {
    var sizes = [Int64](repeating: 0, count: torch_tensor_dimension_count(handle))
    torch_tensor_shape(handle, &sizes)
    return sizes.map(Int.init)
  }

  public var elementCount: Int { shape.reduce(1, *) }

  public var type: ElementType {
    let raw = torch_tensor_element_type(handle)
    guard let type = ElementType(rawValue: raw) else {
      preconditionFailure("LibTorch's element type \(raw) has no counterpart in ElementType")
    }
    return type
  }

  public var device: Device {
    var name = [CChar](repeating: 0, count: 32)
    torch_tensor_device(handle, &name, name.count)
    let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return Device(name: String(decoding: text, as: UTF8.self)) ?? .cpu
  }
}

/// Copies of a tensor's elements on the host, row-major.
extension Tensor {
  public func floats() throws(TorchError) -> [Float] { try elements(as: .float32, zero: 0) }

  public func doubles() throws(TorchError) -> [Double] { try elements(as: .float64, zero: 0) }

  public func int64s() throws(TorchError) -> [Int64] { try elements(as: .int64, zero: 0) }

  public func uint8s() throws(TorchError) -> [UInt8] { try elements(as: .uint8, zero: 0) }

  /// The single element of a tensor that has one.
  public func item() throws(TorchError) -> Double {
    let values = try doubles()
    guard let value = values.first, values.count == 1 else {
      throw TorchError(operation: "item", shapes: [shape], message: "a tensor of one element was expected")
    }
    return value
  }

  /// The elements' bytes in the tensor's own element type.
  package func bytes() throws(TorchError) -> [UInt8] {
    try read(into: [UInt8](repeating: 0, count: elementCount * type.byteCount))
  }

  /// Calls `body` with the elements' bytes in the tensor's own element type.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    try bytes().withUnsafeBytes(body)
  }

  private func elements<Element>(as type: ElementType, zero: Element) throws(TorchError) -> [Element] {
    try to(type).read(into: [Element](repeating: zero, count: elementCount))
  }

  private func read<Element>(into buffer: consuming [Element]) throws(TorchError) -> [Element] {
    var buffer = buffer
    let failure = buffer.withUnsafeMutableBytes { torch_tensor_read(handle, $0.baseAddress, $0.count) }
    try LibTorch.check(failure, "read", shapes: [shape])
    return buffer
  }
}

/// The type of a tensor's elements; raw values are LibTorch's.
public enum ElementType: Int8, Sendable, CaseIterable, CustomStringConvertible {
  case uint8 = 0
  case int8 = 1
  case int16 = 2
  case int32 = 3
  case int64 = 4
  case float16 = 5
  case float32 = 6
  case float64 = 7
  case bool = 11
  case bfloat16 = 15

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .uint8, .int8, .int16, .int32, .int64, .bool: false
    }
  }

  public var description: String {
    switch self {
    case .uint8: "uint8"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .float16: "float16"
    case .float32: "float32"
    case .float64: "float64"
    case .bool: "bool"
    case .bfloat16: "bfloat16"
    }
  }
}

/// The memory layout of an image batch; raw values are LibTorch's.
public enum MemoryFormat: Int, Sendable {
  /// NCHW: `[N, C, H, W]` as written.
  case contiguous = 0
  /// NHWC (channels last), the layout in which oneDNN convolves fastest.
  case channelsLast = 2
}
