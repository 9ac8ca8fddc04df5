import Tensors

extension ParameterStore {
  /// Copies tensors into those of the same name, converting element type and device.
  ///
  /// All or nothing: names and shapes are compared first. `isOptional` tells which names of the store may be missing,
  /// `isExtra` which names among the tensors are left out on purpose.
  public func load(
    _ tensors: [(name: String, tensor: Tensor)], isOptional: (String) -> Bool = { _ in false },
    isExtra: (String) -> Bool = { _ in false }
  ) throws {
    var given: [String: Tensor] = [:]
    for (name, tensor) in tensors where !isExtra(name) { given[name] = tensor }
    var mismatch = ParameterMismatch()
    for entry in entries {
      guard let tensor = given[entry.name] else {
        if !isOptional(entry.name) { mismatch.missing.append(entry.name) }
        continue
      }
      if tensor.shape != entry.tensor.shape {
        mismatch.misshapen.append(.init(name: entry.name, found: tensor.shape, expected: entry.tensor.shape))
      }
    }
    mismatch.unexpected = given.keys.filter { self[$0] == nil }.sorted()
    guard mismatch.isEmpty else { throw mismatch }
    try withoutGradient {
      for entry in entries {
        if let tensor = given[entry.name] { try entry.tensor.copy(from: tensor) }
      }
    }
  }
}

/// How a set of tensors differs from what a network needs.
public struct ParameterMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public struct Misshapen: Equatable, Sendable {
    public let name: String
    public let found: [Int]
    public let expected: [Int]
  }

  public internal(set) var missing: [String] = []
  public internal(set) var unexpected: [String] = []
  public internal(set) var misshapen: [Misshapen] = []

  var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

  public var description: String {
    var parts: [String] = []
    if !missing.isEmpty {
      parts.append(
        "\(missing.count) \(missing.count == 1 ? "tensor is" : "tensors are") missing (\(abridged(missing)))")
    }
    if !unexpected.isEmpty {
      parts.append(
        "\(unexpected.count) \(unexpected.count == 1 ? "is" : "are") not part of it (\(abridged(unexpected)))")
    }
    if !misshapen.isEmpty {
      let shapes = misshapen.map { "\($0.name) is \($0.found), expected \($0.expected)" }
      parts.append("\(misshapen.count) \(misshapen.count == 1 ? "has" : "have") another shape (\(abridged(shapes)))")
    }
    return "the weights do not fit the network: " + parts.joined(separator: "; ")
  }

  private func abridged(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
  }
}
