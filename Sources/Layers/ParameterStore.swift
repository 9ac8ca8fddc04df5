import Tensors

/// All tensors of a network under their checkpoint names, in the order of their creation.
///
/// Layers ask for their tensors through a `ParameterScope` and keep them; loading copies into the same tensors.
public final class ParameterStore {
  public enum Kind: Sendable {
    /// Learnt by the optimiser.
    case parameter
    /// Kept in checkpoints but not learnt, such as running means.
    case buffer
  }

  public struct Entry {
    public let name: String
    public let tensor: Tensor
    public let kind: Kind
  }

  public private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]
  /// Element type of the parameters.
  public let type: ElementType
  /// Device of all tensors.
  public let device: Device
  private let generator: Generator

  /// Parameters will be of `type` on `device`, their start drawn from `seed`.
  public init(type: ElementType = .float32, device: Device = .cpu, seed: UInt64 = 0) throws(TorchError) {
    self.type = type
    self.device = device
    generator = try Generator(seed: seed)
  }

  /// The scope whose names have no prefix.
  public var root: ParameterScope { ParameterScope(store: self, path: "") }

  public subscript(name: String) -> Tensor? { positions[name].map { entries[$0].tensor } }

  /// What the optimiser learns.
  public var parameters: [Entry] { entries.filter { $0.kind == .parameter } }

  func make(
    _ name: String, _ shape: [Int], _ kind: Kind, _ initializer: Initializer, _ type: ElementType?
  ) throws(TorchError) -> Tensor {
    precondition(positions[name] == nil, "two tensors of a network are called \(name)")
    var tensor = try initializer.tensor(shape, type ?? self.type, on: device, generator)
    // As CUDA's convolutions take them: otherwise each step would bring them into this order.
    if device.kind == .cuda, shape.count == 4 { tensor = try tensor.contiguous(.channelsLast) }
    if kind == .parameter { try tensor.requiringGradient() }
    positions[name] = entries.count
    entries.append(Entry(name: name, tensor: tensor, kind: kind))
    return tensor
  }
}

/// A prefix of checkpoint names: `scope / "layer1" / 0 / "conv1"` names tensors `layer1.0.conv1.…`.
public struct ParameterScope {
  let store: ParameterStore
  let path: String

  public static func / (scope: ParameterScope, name: String) -> ParameterScope {
    ParameterScope(store: scope.store, path: scope.qualified(name))
  }

  public static func / (scope: ParameterScope, index: Int) -> ParameterScope { scope / String(index) }

  /// A tensor that the optimiser learns.
  public func parameter(_ name: String, _ shape: [Int], _ initializer: Initializer) throws(TorchError) -> Tensor {
    try store.make(qualified(name), shape, .parameter, initializer, nil)
  }

  /// A tensor that checkpoints keep and the optimiser leaves alone.
  public func buffer(
    _ name: String, _ shape: [Int], _ initializer: Initializer, _ type: ElementType? = nil
  ) throws(TorchError) -> Tensor {
    try store.make(qualified(name), shape, .buffer, initializer, type)
  }

  private func qualified(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

/// How a parameter starts.
public enum Initializer: Sendable {
  case constant(Double)
  /// Normal with variance 2 / fan-out, fan-out being output channels times kernel area: He et al. 2015, for ReLU.
  case kaimingNormalFanOut
  /// Uniform in ±1 / sqrt(fan-in), PyTorch's default for biases.
  case uniform(fanIn: Int)

  func tensor(
    _ shape: [Int], _ type: ElementType, on device: Device, _ generator: Generator
  ) throws(TorchError) -> Tensor {
    // Drawn on the CPU in float32, so that a seed gives the same network on every device and in every precision.
    switch self {
    case .constant(let value):
      return try Tensor.filled(value, shape, type, on: device)
    case .kaimingNormalFanOut:
      let fanOut = shape[0] * shape.dropFirst(2).reduce(1, *)
      let numbers = try Tensor.normal(shape, .float32, on: .cpu, generator)
      return try (numbers * (2 / Double(fanOut)).squareRoot()).to(type).to(device)
    case .uniform(let fanIn):
      let bound = 1 / Double(max(1, fanIn)).squareRoot()
      let numbers = try Tensor.uniform(shape, .float32, on: .cpu, generator)
      return try (numbers * (2 * bound) + -bound).to(type).to(device)
    }
  }
}

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
