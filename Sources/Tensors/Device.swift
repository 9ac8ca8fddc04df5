import CLibTorch

/// A device that holds tensors and runs operators.
public struct Device: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    case cpu, cuda, mps
  }

  public let kind: Kind
  /// Index among the devices of the kind.
  public let index: Int

  public init(_ kind: Kind, index: Int = 0) {
    self.kind = kind
    self.index = index
  }

  public static let cpu = Device(.cpu)

  /// Reads "cpu", "cuda", "cuda:1" or "mps"; nil for anything else.
  public init?(name: String) {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard let first = parts.first, let kind = Kind(rawValue: String(first)), parts.count <= 2 else { return nil }
    guard parts.count == 2 else {
      self.init(kind)
      return
    }
    guard kind == .cuda, let index = Int(parts[1]), index >= 0 else { return nil }
    self.init(kind, index: index)
  }

  /// Number of devices of a kind that this LibTorch sees; 0 where it was built without them.
  public static func count(of kind: Kind) -> Int {
    LibTorch.started
    return Int(torch_device_count(kind.rawValue))
  }

  public var isAvailable: Bool { index < Device.count(of: kind) }

  /// CUDA where there is one, else MPS, else the CPU.
  public static var best: Device {
    [.cuda, .mps].first { count(of: $0) > 0 }.map { Device($0) } ?? .cpu
  }

  /// Whether it has instructions for products of numbers of this type that LibTorch may use; without them it is several
  /// times slower than in float32. Known of the CPU, and taken for granted elsewhere.
  public func multiplies(_ type: ElementType) -> Bool { kind != .cpu || torch_processor_multiplies(type.rawValue) }

  /// LibTorch's name of it.
  public var description: String { kind == .cuda ? "cuda:\(index)" : kind.rawValue }
}
