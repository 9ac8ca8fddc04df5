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

  /// Waits until all that was asked of it is done; operators on CUDA return before they have computed.
  package func synchronize() throws(TorchError) {
    try LibTorch.check(torch_device_synchronize(description), "synchronize")
  }

  /// The most bytes that tensors on it held at once since the last call, or since the start; 0 for the CPU, where nobody
  /// counts.
  package func peakMemory() throws(TorchError) -> Int {
    var bytes = 0
    try LibTorch.check(torch_device_peak_memory(description, true, &bytes), "peak_memory")
    return bytes
  }

  /// Whether it has instructions for products of numbers of this type that LibTorch may use; without them it is several
  /// times slower than in float32. Known of the CPU, and on CUDA of bfloat16; taken for granted elsewhere.
  public func multiplies(_ type: ElementType) -> Bool { torch_device_multiplies(description, type.rawValue) }

  /// LibTorch's name of it.
  public var description: String { kind == .cuda ? "cuda:\(index)" : kind.rawValue }
}

/// A number format for a network's arithmetic.
public enum Precision: String, Sendable, CaseIterable {
  case float32, bfloat16, float16

  /// The type in which autocast computes, if any.
  public var autocastType: ElementType? {
    switch self {
    case .float32: nil
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  /// The precision that a device computes in where this one is requested: float32 in place of 16 bits that the device has
  /// no instructions for, which would be less precise and several times slower.
  public func computed(on device: Device) -> Precision {
    guard let autocastType, !device.multiplies(autocastType) else { return self }
    return .float32
  }

  /// A message for the user when the device computes in another precision than this one.
  public func replacement(on device: Device) -> String? {
    let computed = computed(on: device)
    guard computed != self else { return nil }
    let owner = device.kind == .cpu ? "this processor" : "this GPU, which has some for float16,"
    return "computing in \(computed.rawValue), which is faster: \(owner) has no instructions for \(rawValue)"
  }
}

/// Work of a CUDA device that is recorded once, as a CUDA graph, and then done again as a whole.
///
/// A program asks a device for one operator after the other, which takes longer than a fast device needs for many of them. A
/// graph is asked for once. It reads and writes the tensors of its recording: new inputs are copied into those that it read, and
/// its results are found in those that it made.
package final class DeviceGraph {
  private let handle: TorchGraph

  /// Whether this program can record on a device: on CUDA, where it was built with CUDA's headers.
  package static func isPossible(on device: Device) -> Bool {
    LibTorch.started
    return torch_graph_is_possible(device.description)
  }

  /// Records what `work` asks of the device, which does not do it yet. `work` may draw from the generators, also each time
  /// anew when it is done again, and must not wait for the device or read from the host's memory.
  ///
  /// Throws what `work` throws, and `TorchError` where it does what cannot be recorded.
  package init(on device: Device, drawingFrom generators: [Generator], _ work: () throws -> Void) throws {
    var result = TorchGraph(ref: nil)
    let (error, failure) = withoutActuallyEscaping(work) { work in
      var recording = Recording(work: work)
      let failure = withUnsafeMutablePointer(to: &recording) { context in
        torch_graph_record(
          device.description, generators.map(\.handle), generators.count,
          { context in context?.assumingMemoryBound(to: Recording.self).pointee.run() ?? false }, context, &result)
      }
      return (recording.error, failure)
    }
    if let error {
      torch_text_release(failure)
      throw error
    }
    try LibTorch.check(failure, "graph")
    handle = result
  }

  deinit { torch_graph_release(handle) }

  /// Does the work again.
  package func replay() throws(TorchError) { try LibTorch.check(torch_graph_replay(handle), "graph") }
}

private struct Recording {
  let work: () throws -> Void
  var error: (any Error)?

  init(work: @escaping () throws -> Void) { self.work = work }

  /// Whether the work was done.
  mutating func run() -> Bool {
    do {
      try work()
      return true
    } catch {
      self.error = error
      return false
    }
  }
}
