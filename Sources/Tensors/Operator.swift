import CLibTorch

/// An operator of LibTorch, found once by its name and called through the dispatcher.
///
/// Arguments follow the operator's schema in order; nil stands for None, and trailing arguments that are left out take
/// the schema's defaults.
public struct Operator: @unchecked Sendable {
  /// LibTorch's name without its namespace: "conv2d".
  public let name: String
  private let found: Result<TorchOperator, TorchError>

  /// Finds "relu" in LibTorch, or "blpseg::local_aggregation" by its full name.
  public init(_ name: String, _ overload: String = "") {
    LibTorch.started
    let qualified = name.contains("::") ? name : "aten::\(name)"
    let short = name.split(separator: ":").last.map(String.init) ?? name
    self.name = short
    found = Result { () throws(TorchError) in
      var handle = TorchOperator(ref: nil)
      try LibTorch.check(torch_operator_find(qualified, overload, &handle), short)
      return handle
    }
  }

  /// Calls an operator whose result is one tensor.
  @discardableResult
  public func callAsFunction(_ arguments: (any OperatorArgument)?...) throws(TorchError) -> Tensor {
    let results = try call(arguments, capacity: 1)
    guard results.count == 1 else {
      throw TorchError(operation: name, message: "\(results.count) tensors came back where one was expected")
    }
    return results[0]
  }

  /// Calls an operator whose results are several tensors, or none.
  @discardableResult
  public func tensors(
    _ arguments: (any OperatorArgument)?..., capacity: Int = 8
  ) throws(TorchError) -> [Tensor] {
    try call(arguments, capacity: capacity)
  }

  private func call(_ arguments: [(any OperatorArgument)?], capacity: Int) throws(TorchError) -> [Tensor] {
    let handle = try found.get()
    var arena = ArgumentArena()
    let values = arguments.map { $0?.encode(&arena) ?? .none }
    var results = [TorchValue](repeating: .none, count: capacity)
    var count = capacity
    // The call only borrows the tensors and the arena; both must live until it returns.
    let failure = withExtendedLifetime(arguments) {
      withExtendedLifetime(arena) {
        torch_operator_call(handle, values, values.count, &results, &count)
      }
    }
    let tensors = results.prefix(count).compactMap { value in
      value.kind == TorchValueTensor
        ? Tensor(owning: TorchTensor(ref: UnsafeMutableRawPointer(mutating: value.pointer))) : nil
    }
    try LibTorch.check(failure, name, shapes: arguments.compactMap { ($0 as? Tensor)?.shape })
    return tensors
  }
}
