import Tensors

/// A tensor whose elements are made while a file is written, so that a large one never lies in memory as a whole.
public struct GeneratedTensor {
  public typealias Taker = (UnsafeRawBufferPointer) throws -> Void

  public let description: TensorDescription
  let pieces: (Taker) throws -> Void

  /// `pieces` hands the row-major elements to its argument piece by piece, and the same ones each time it is called.
  public init(_ description: TensorDescription, pieces: @escaping (_ take: Taker) throws -> Void) {
    self.description = description
    self.pieces = pieces
  }

  init(_ name: String, _ tensor: Tensor) {
    self.init(TensorDescription(name: name, shape: tensor.shape, type: tensor.type)) { take in
      try tensor.withBytes(take)
    }
  }
}
