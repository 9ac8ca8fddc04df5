import Foundation
import Tensors

/// What a pickle can hold here. Containers are numbers of places in `PickleObjects`, not references: a list that
/// contains itself, or a million nested ones, then need no recursion and no reference cycle.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  /// A whole number of more than eight bytes, little-endian.
  case long(Data)
  case string(Int)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case function(PickleFunction)
  /// A function or class of Python that is known by its name alone.
  case foreign(Int)
  /// What such a one would make: a dictionary of what is set in it.
  case object(Int)
  case storageType(ElementType)
  case storage(Int)
  case tensor(Int)
  /// Something that is not needed for tensors: floats, bytes, sets.
  case opaque

  /// For messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer, .long: "a whole number"
    case .string: "a string"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .function, .foreign, .storageType: "a class"
    case .object: "an object of Python"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .opaque: "a value without tensors"
    }
  }
}

/// The few functions and classes of a PyTorch pickle that make state dicts; each is imitated, none is run.
enum PickleFunction {
  case orderedDict
  case size
  case rebuildTensor
  case rebuildParameter

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDict
    case ("torch", "Size"): self = .size
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    default: return nil
    }
  }
}
