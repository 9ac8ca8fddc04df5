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
    let tensor = try initializer.tensor(shape, type ?? self.type, on: device, generator)
    if kind == .parameter { try tensor.requiringGradient() }
    positions[name] = entries.count
    entries.append(Entry(name: name, tensor: tensor, kind: kind))
    return tensor
  }
}
