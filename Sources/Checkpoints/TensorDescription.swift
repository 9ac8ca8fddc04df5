import Tensors

/// What a file says about one of its tensors, without the elements.
public struct TensorDescription: Equatable, Sendable {
  public let name: String
  public let shape: [Int]
  public let type: ElementType

  public init(name: String, shape: [Int], type: ElementType) {
    self.name = name
    self.shape = shape
    self.type = type
  }
}
