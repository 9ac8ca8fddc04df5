import Files
import Tensors

/// Named tensors in the order in which they were added, as one file of weights holds them.
public struct StateDict {
  /// All names, in order, each once.
  public private(set) var names: [String] = []
  /// What the file says beside its tensors; PyTorch files have none.
  public var metadata: [String: String]
  /// What was odd about the file that it was read from.
  public var warnings: [FileWarning] = []
  private var tensors: [String: Tensor] = [:]

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// The state dict of these pairs; a repeated name keeps its first place and its last tensor.
  public init(_ pairs: some Sequence<(name: String, tensor: Tensor)>, metadata: [String: String] = [:]) {
    self.metadata = metadata
    for (name, tensor) in pairs { self[name] = tensor }
  }

  public var count: Int { names.count }
  public var isEmpty: Bool { names.isEmpty }

  /// The tensor called `name`; a new one goes to the end, `nil` removes it.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set {
      let isNew = tensors[name] == nil
      tensors[name] = newValue
      if newValue == nil {
        names.removeAll { $0 == name }
      } else if isNew {
        names.append(name)
      }
    }
  }
}

extension StateDict: Sequence {
  public func makeIterator() -> AnyIterator<(name: String, tensor: Tensor)> {
    var rest = names[...]
    return AnyIterator {
      while let name = rest.popFirst() {
        if let tensor = tensors[name] { return (name, tensor) }
      }
      return nil
    }
  }
}
