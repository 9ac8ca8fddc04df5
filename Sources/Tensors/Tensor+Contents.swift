import CLibTorch

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
  public func bytes() throws(TorchError) -> [UInt8] {
    try read(into: [UInt8](repeating: 0, count: elementCount * type.byteCount))
  }

  /// Calls `body` with the elements' bytes in the tensor's own element type.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
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
