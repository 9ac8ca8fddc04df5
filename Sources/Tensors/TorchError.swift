/// What LibTorch refused to do, in its own words.
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

  public var description: String {
    let operands = shapes.isEmpty ? "" : " on " + shapes.map { "\($0)" }.joined(separator: ", ")
    return "\(operation)\(operands): \(message)"
  }
}
