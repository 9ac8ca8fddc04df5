import CLibTorch
import Foundation

/// The LibTorch that this program is linked with.
public enum LibTorch {
  /// Prepares the process once; everything that makes a tensor evaluates it first.
  package static let started: Void = torch_start()

  /// Version, e.g. "2.13.0".
  public static var version: String { String(cString: torch_version()) }

  /// Threads that operators on the CPU may use.
  public static var threadCount: Int {
    get { Int(torch_thread_count()) }
    set { torch_set_thread_count(Int32(clamping: max(1, newValue))) }
  }

  /// Lets CUDA round the factors of float32 products and convolutions to 10 bits (TF32), which is several times faster, or
  /// forbids it, as at the start.
  package static func allowTF32(_ isAllowed: Bool) {
    started
    torch_set_tf32(isAllowed)
  }

  /// Whether local aggregation in 16 bits takes cuDNN's attention in place of LibTorch's, on CUDA. At first it does not.
  package static func preferCuDNNAttention(_ isPreferred: Bool) { torch_prefer_cudnn_attention(isPreferred) }

  /// Prepares CUDA for a process that predicts photographs of many sizes, and does not train. To be called before its first
  /// convolution; later it has no effect.
  ///
  /// LibTorch builds a plan for each convolution of each new size, which took 0.6 s of the processor a photograph; by cuDNN's
  /// older interface it takes none (0.03 s a photograph in all, EfficientNet-Lite2 on an H200; Docs/GPU.md).
  package static func expectManySizes() { torch_expect_many_sizes() }

  /// The widest instructions that kernels on the CPU use, LibTorch's and ours alike: "default", "avx2" or "avx512".
  package static var instructionSet: String { String(cString: torch_instruction_set()) }

  /// Gives memory that is not in use back to the system.
  ///
  /// Between stages that work with blocks of other sizes: what one leaves behind may be too scattered for the next.
  package static func trimMemory() { torch_memory_trim() }

  /// Throws the text that a C function returned, if it returned one.
  package static func check(
    _ text: UnsafeMutablePointer<CChar>?, _ operation: String, shapes: @autoclosure () -> [[Int]] = []
  ) throws(TorchError) {
    guard let text else { return }
    defer { torch_text_release(text) }
    throw TorchError(operation: operation, shapes: shapes(), message: String(cString: text))
  }
}

/// A failure of LibTorch, with its own message.
public struct TorchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The operator or function, as LibTorch calls it: "conv2d".
  public let operation: String
  /// Shapes of the tensors among the arguments, in order.
  public let shapes: [[Int]]
  /// LibTorch's message.
  public let message: String

  public init(operation: String, shapes: [[Int]] = [], message: String) {
    self.operation = operation
    self.shapes = shapes
    self.message = message
  }

  /// Whether the device's memory was too small.
  public var isOutOfMemory: Bool { message.contains("out of memory") || message.contains("there is not enough memory") }

  public var description: String {
    let operands = shapes.isEmpty ? "" : " on " + shapes.map { "\($0)" }.joined(separator: ", ")
    return "\(operation)\(operands): \(message)"
  }
}

/// The part of the machine's processors that this process may use.
package struct ProcessorShare: Sendable, Equatable {
  /// Cores that it may run on.
  package let cores: Int
  /// CPU seconds per second that its control group may use; nil without a limit.
  package let quota: Double?

  package init(cores: Int, quota: Double?) { (self.cores, self.quota) = (cores, quota) }

  /// Number of threads that can run at the same time, at most `wanted`.
  ///
  /// The load of the cores is ignored: with another number of threads sums are rounded in another order, and a run with the
  /// same seed would give other results.
  package func threads(_ wanted: Int) -> Int {
    let granted = quota.map { Int($0.rounded(.up)) } ?? cores
    return max(1, min(wanted, cores, granted))
  }

  /// Sets LibTorch's number of threads to `count`, at most one per core; 0 stands for as many as this process may use.
  package static func apply(_ count: Int) {
    let usual = LibTorch.threadCount
    let wanted = count > 0 ? min(count, current.cores) : current.threads(usual)
    if wanted != usual { LibTorch.threadCount = wanted }
  }

  /// The share of this process.
  package static var current: ProcessorShare {
    ProcessorShare(cores: ProcessInfo.processInfo.activeProcessorCount, quota: quota())
  }

  /// The limit that Linux's control groups set, as containers do; in the first version or the second.
  private static func quota() -> Double? {
    func words(_ path: String) -> [Substring] {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
    }
    let root = "/sys/fs/cgroup"
    let second = words("\(root)/cpu.max")
    if !second.isEmpty { return quota(second) }
    return quota(words("\(root)/cpu/cpu.cfs_quota_us") + words("\(root)/cpu/cpu.cfs_period_us"))
  }

  /// The quotient of time and period, both in microseconds: ["150000", "100000"]; nil for "max" and -1.
  static func quota(_ words: [Substring]) -> Double? {
    guard words.count == 2, let time = Double(words[0]), let period = Double(words[1]), time > 0, period > 0 else {
      return nil
    }
    return time / period
  }
}
