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

/// A value that an operator takes: tensors, numbers, lists of them, names.
public protocol OperatorArgument {
  /// Writes the value for C; memory it points to comes from `arena` or outlives the call.
  func encode(_ arena: inout ArgumentArena) -> TorchValue
}

/// Memory that the encoded arguments of one call point to.
public struct ArgumentArena: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  init() {}

  deinit { for block in blocks { block.deallocate() } }

  mutating func copy<Element>(_ elements: [Element]) -> UnsafeRawPointer {
    let block = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    block.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return UnsafeRawPointer(block)
  }
}

extension TorchValue {
  static var none: TorchValue { TorchValue(kind: TorchValueNone, integer: 0, real: 0, pointer: nil) }

  init(_ kind: TorchValueKind, integer: Int = 0, real: Double = 0, pointer: UnsafeRawPointer? = nil) {
    self.init(kind: kind, integer: Int64(integer), real: real, pointer: pointer)
  }
}

extension Tensor: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueTensor, pointer: UnsafeRawPointer(handle.ref))
  }
}

extension Int: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { TorchValue(TorchValueInteger, integer: self) }
}

extension Double: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { TorchValue(TorchValueReal, real: self) }
}

extension Bool: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { TorchValue(TorchValueBool, integer: self ? 1 : 0) }
}

extension String: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueText, pointer: arena.copy(Array(utf8CString)))
  }
}

extension ElementType: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueInteger, integer: Int(rawValue))
  }
}

extension MemoryFormat: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { TorchValue(TorchValueInteger, integer: rawValue) }
}

extension Device: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { description.encode(&arena) }
}

extension Generator: OperatorArgument {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueGenerator, pointer: UnsafeRawPointer(handle.ref))
  }
}

extension Array: OperatorArgument where Element: OperatorListElement {
  public func encode(_ arena: inout ArgumentArena) -> TorchValue { Element.encode(self, &arena) }
}

/// A value of which operators take lists.
public protocol OperatorListElement {
  static func encode(_ list: [Self], _ arena: inout ArgumentArena) -> TorchValue
}

extension Int: OperatorListElement {
  public static func encode(_ list: [Int], _ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueIntegers, integer: list.count, pointer: arena.copy(list.map(Int64.init)))
  }
}

extension Double: OperatorListElement {
  public static func encode(_ list: [Double], _ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueReals, integer: list.count, pointer: arena.copy(list))
  }
}

extension Tensor: OperatorListElement {
  public static func encode(_ list: [Tensor], _ arena: inout ArgumentArena) -> TorchValue {
    TorchValue(TorchValueTensors, integer: list.count, pointer: arena.copy(list.map(\.handle)))
  }
}
