import CLibTorch

extension Tensor {
  /// What `body` makes of this tensor, with gradients, but without keeping what it computes on the way: the backward pass
  /// runs `body` again. `isAgain` tells it so.
  ///
  /// It takes the time of a second forward pass of `body`, and saves the memory of its intermediate results. Both runs must
  /// compute the same.
  public func recomputed(
    _ body: @escaping (_ input: Tensor, _ isAgain: Bool) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    let context = Unmanaged.passRetained(Recomputation(body)).toOpaque()
    var result = TorchTensor(ref: nil)
    let failure = torch_recomputed(
      handle,
      { context, input, result in
        guard let context, let result else { return nil }
        return Unmanaged<Recomputation>.fromOpaque(context).takeUnretainedValue().run(input, &result.pointee)
      },
      context,
      { context in context.map { Unmanaged<Recomputation>.fromOpaque($0).release() } },
      &result)
    try LibTorch.check(failure, "recomputed", shapes: [shape])
    return Tensor(owning: result)
  }
}

private final class Recomputation {
  private let body: (Tensor, Bool) throws(TorchError) -> Tensor
  private var hasRun = false

  init(_ body: @escaping (Tensor, Bool) throws(TorchError) -> Tensor) { self.body = body }

  /// Returns nil, or what went wrong as a text that the caller frees.
  func run(_ input: TorchTensor, _ result: inout TorchTensor) -> UnsafeMutablePointer<CChar>? {
    defer { hasRun = true }
    do throws(TorchError) {
      let made = try body(Tensor(owning: torch_tensor_retain(input)), hasRun)
      result = torch_tensor_retain(made.handle)
      return nil
    } catch {
      return torch_text_copy(error.message)
    }
  }
}
