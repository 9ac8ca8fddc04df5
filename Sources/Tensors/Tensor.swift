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

  public convenience init(_ values: [Float], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .float32)
  }

  public convenience init(_ values: [Double], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .float64)
  }

  public convenience init(_ values: [Int64], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .int64)
  }

  public convenience init(_ values: [UInt8], _ shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape, .uint8)
  }

  private convenience init<Element>(elements: [Element], _ shape: [Int], _ type: ElementType) throws(TorchError) {
    self.init(owning: try elements.withUnsafeBytes { bytes in Tensor.copy(bytes, shape, type) }.get())
  }

  private static func copy(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType
  ) -> Result<TorchTensor, TorchError> {
    LibTorch.started
    var result = TorchTensor(ref: nil)
    let sizes = shape.map(Int64.init)
    let failure = torch_tensor_copy(bytes.baseAddress, bytes.count, sizes, sizes.count, type.rawValue, &result)
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
