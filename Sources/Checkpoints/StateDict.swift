import Files
import Tensors

/// Named tensors in the order in which they were added, as one file of weights holds them.
package struct StateDict {
  /// All names, in order, each once.
  package private(set) var names: [String] = []
  /// The file's metadata; PyTorch files have none.
  package var metadata: [String: String]
  /// Warnings about the file that it was read from.
  package var warnings: [FileWarning] = []
  private var tensors: [String: Tensor] = [:]

  package init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// The state dict of these pairs; a repeated name keeps its first position and its last tensor.
  package init(_ pairs: some Sequence<(name: String, tensor: Tensor)>, metadata: [String: String] = [:]) {
    self.metadata = metadata
    for (name, tensor) in pairs { self[name] = tensor }
  }

  package var count: Int { names.count }
  package var isEmpty: Bool { names.isEmpty }

  /// The tensor called `name`; a new one goes to the end, `nil` removes it.
  package subscript(name: String) -> Tensor? {
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
  package func makeIterator() -> AnyIterator<(name: String, tensor: Tensor)> {
    var rest = names[...]
    return AnyIterator {
      while let name = rest.popFirst() {
        if let tensor = tensors[name] { return (name, tensor) }
      }
      return nil
    }
  }
}

/// Name, shape and element type of a tensor in a file.
package struct TensorDescription: Equatable, Sendable {
  package let name: String
  package let shape: [Int]
  package let type: ElementType

  package init(name: String, shape: [Int], type: ElementType) {
    self.name = name
    self.shape = shape
    self.type = type
  }
}

/// A tensor whose elements are made while a file is written, so that a large one is never in memory as a whole.
package struct GeneratedTensor {
  package typealias Taker = (UnsafeRawBufferPointer) throws -> Void

  package let description: TensorDescription
  let pieces: (Taker) throws -> Void

  /// `pieces` passes the row-major elements to its argument in pieces, the same elements at every call.
  package init(_ description: TensorDescription, pieces: @escaping (_ take: Taker) throws -> Void) {
    self.description = description
    self.pieces = pieces
  }

  init(_ name: String, _ tensor: Tensor) {
    self.init(TensorDescription(name: name, shape: tensor.shape, type: tensor.type)) { take in
      try tensor.withBytes(take)
    }
  }
}

/// The tensors among several that hold NaN or infinity.
package struct NonFiniteTensors: Equatable, Sendable, CustomStringConvertible {
  /// Their names, in order.
  package let names: [String]
  /// Number of all tensors.
  package let total: Int
  private let holdsNaN: Bool
  private let holdsInfinity: Bool

  /// Nil where all numbers of all tensors are finite.
  package init?(_ tensors: some Sequence<(name: String, tensor: Tensor)>) throws(TorchError) {
    var (names, total, nan, infinity) = ([String](), 0, false, false)
    for (name, tensor) in tensors {
      total += 1
      if try tensor.isAllFinite() { continue }
      names.append(name)
      let count = try withoutGradient { () throws(TorchError) in
        (nan: try tensor.isNaN().sum().item(), infinite: try tensor.isFinite().logicalNot().sum().item())
      }
      nan = nan || count.nan > 0
      infinity = infinity || count.infinite > count.nan
    }
    if names.isEmpty { return nil }
    (self.names, self.total, holdsNaN, holdsInfinity) = (names, total, nan, infinity)
  }

  /// "3 of 375 tensors hold NaN ('a', 'b', 'c')"
  package var description: String {
    let limit = 3
    let shown = names.prefix(limit).map(\.quoted).joined(separator: ", ") + (names.count > limit ? ", ..." : "")
    let found = [holdsNaN ? "NaN" : nil, holdsInfinity ? "infinity" : nil].compactMap { $0 }.joined(separator: " and ")
    return "\(names.count) of \(total) tensors \(names.count == 1 ? "holds" : "hold") \(found) (\(shown))"
  }
}
