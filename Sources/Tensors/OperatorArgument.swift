import CLibTorch

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
