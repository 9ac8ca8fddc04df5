import CLibTorch

extension Tensor {
  /// Whether operators on it are recorded, so that `backward` reaches it.
  public var requiresGradient: Bool { torch_tensor_requires_gradient(handle) }

  /// Starts or stops recording; only floating-point tensors that no operator made can be set.
  @discardableResult
  public func requiringGradient(_ value: Bool = true) throws(TorchError) -> Tensor {
    try LibTorch.check(torch_tensor_set_requires_gradient(handle, value), "requires_grad", shapes: [shape])
    return self
  }

  /// The gradient summed up by `backward` since it was last cleared.
  public var gradient: Tensor? {
    let gradient = torch_tensor_gradient(handle)
    return gradient.ref == nil ? nil : Tensor(owning: gradient)
  }

  public func clearGradient() { torch_tensor_clear_gradient(handle) }

  /// Takes `gradient`, of this tensor's shape and type, as its gradient, without a copy.
  package func setGradient(_ gradient: Tensor) { torch_tensor_set_gradient(handle, gradient.handle) }

  /// Adds this tensor's gradient to every tensor that it was computed from and that requires one.
  ///
  /// `cotangent` has this tensor's shape; it may be left out for a tensor of one element.
  public func backward(_ cotangent: Tensor? = nil) throws(TorchError) {
    let failure = withExtendedLifetime(cotangent) {
      torch_tensor_backward(handle, cotangent?.handle ?? TorchTensor(ref: nil))
    }
    try LibTorch.check(failure, "backward", shapes: [shape])
  }

  /// The same elements, cut off from what they were computed from.
  public func detached() throws(TorchError) -> Tensor { try Operator.detach(self) }
}

extension Tensor {
  /// A number of the value of `value` whose gradient with respect to this tensor is `gradient`, of this tensor's shape.
  ///
  /// For functions whose gradient is known, and cheaper or more exact than that of their steps. What is given carries no
  /// gradient itself; there are no second derivatives.
  public func carrying(_ value: Tensor, gradient: Tensor) throws(TorchError) -> Tensor {
    let slope = try (self * gradient.detached()).sum()
    return try slope + (value.detached() - slope.detached())
  }
}

/// Runs `body` without recording operators for `backward`.
public func withoutGradient<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
  let before = torch_gradient_mode_set(false)
  defer { _ = torch_gradient_mode_set(before) }
  return try body()
}

/// Runs `body` in LibTorch's inference mode: faster than `withoutGradient`, and what it makes can never be recorded.
public func withInference<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
  LibTorch.started
  let scope = torch_inference_enter()
  defer { torch_inference_leave(scope) }
  return try body()
}

/// Runs `body` with the operators that profit from it computing in `type` (float16 or bfloat16).
///
/// With nil it just runs `body`. What holds outside holds again after it.
public func withAutocast<Value>(
  _ type: ElementType?, on device: Device, _ body: () throws -> Value
) throws -> Value {
  guard let type else { return try body() }
  let scope = try autocastScope(type, on: device)
  defer { torch_autocast_leave(scope) }
  return try body()
}

/// Runs `body` with all operators computing in the type of what they are given, also inside `withAutocast`.
public func withoutAutocast<Value>(
  on device: Device, _ body: () throws(TorchError) -> Value
) throws(TorchError) -> Value {
  let scope = try autocastScope(nil, on: device)
  defer { torch_autocast_leave(scope) }
  return try body()
}

private func autocastScope(_ type: ElementType?, on device: Device) throws(TorchError) -> TorchAutocastScope {
  LibTorch.started
  var scope = TorchAutocastScope(ref: nil)
  let failure = torch_autocast_enter(
    device.kind.rawValue, type != nil, (type ?? .bfloat16).rawValue, &scope)
  try LibTorch.check(failure, "autocast")
  return scope
}

extension Tensor {
  /// The result of `body`, with gradients, but without keeping its intermediate results: the backward pass runs `body`
  /// again, with `isAgain` set.
  ///
  /// It takes the time of a second forward pass of `body`, and saves the memory of its intermediate results. Both runs must
  /// compute the same.
  package func recomputed(
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
