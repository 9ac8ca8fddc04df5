import CLibTorch

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

  /// Prepares CUDA for a process that predicts photographs of many sizes, and does not train. To be called before its first
  /// convolution; later it has no effect.
  ///
  /// LibTorch builds a plan for each convolution of each new size, which took 0.6 s of the processor a photograph; by cuDNN's
  /// older interface it takes none (0.03 s a photograph in all, EfficientNet-Lite2 on an H200; Docs/GPU.md).
  public static func expectManySizes() { torch_expect_many_sizes() }

  /// The widest instructions that kernels on the CPU use, LibTorch's and ours alike: "default", "avx2" or "avx512".
  public static var instructionSet: String { String(cString: torch_instruction_set()) }

  /// Gives memory that is not in use back to the system.
  ///
  /// Between stages that work with blocks of other sizes: what one leaves behind may be too scattered for the next.
  public static func trimMemory() { torch_memory_trim() }

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
