import Tensors

/// The number of labelled pixels of each class in a batch, counted when a loss first asks for it.
public final class LabelCounts {
  private let counts: LazyTensor

  /// `count` returns a float64 tensor `[C]` on the labels' device; it is called at most once.
  public init(_ count: @escaping () throws -> Tensor) { counts = LazyTensor(count) }

  /// Those of `labels`, int64 of any shape: 0..<C, C for "unlabelled", or `BatchLabel.ignored`.
  public convenience init(of labels: Tensor, classCount: Int) {
    self.init { try Self.counts(of: labels, classCount: classCount) }
  }

  /// Float64 `[C]`; without gradient.
  public func callAsFunction() throws -> Tensor { try counts() }

  /// The labelled pixels of each of C classes among `labels`, float64 `[C]`.
  public static func counts(of labels: Tensor, classCount: Int) throws(TorchError) -> Tensor {
    try labels.occurrences(below: BatchLabel.ignored + 1).sliced(0, 0, classCount).to(.float64)
  }
}

/// A tensor that is computed when it is first asked for.
final class LazyTensor {
  private let make: () throws -> Tensor
  private var made: Tensor?

  init(_ make: @escaping () throws -> Tensor) { self.make = make }

  func callAsFunction() throws -> Tensor {
    if let made { return made }
    let tensor = try make()
    made = tensor
    return tensor
  }
}
