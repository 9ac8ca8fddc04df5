import CLibTorch
import Tensors

/// Averages gradients over all processes during the backward pass: c10d's Reducer, which sends them in buckets of up to
/// 25 MB as they become available.
package final class GradientReducer {
  private let parameters: [Tensor]
  private let group: ProcessGroup
  /// Made after the first backward pass, which shows which parameters take part; those without a gradient must not be
  /// waited for.
  private var reducer: TorchReducer?

  /// `parameters` must be the same in all processes, and every backward pass from now on must use this object.
  package init(_ parameters: [Tensor], _ group: ProcessGroup) {
    self.parameters = parameters
    self.group = group
  }

  deinit {
    if let reducer { torch_reducer_release(reducer) }
  }

  /// The backward pass from `loss`; parameters that it reaches receive the mean of their gradients over all processes.
  /// Gradients must have been cleared before.
  package func backward(from loss: Tensor) throws(TorchError) {
    if let reducer {
      try LibTorch.check(torch_reducer_prepare(reducer), "reducer")
      try loss.backward()
      return
    }
    try loss.backward()
    let used = parameters.filter { $0.gradient != nil }
    for gradient in used.compactMap(\.gradient) {
      try group.sum(gradient)
      try withoutGradient { () throws(TorchError) in try gradient.scale(by: 1 / Double(group.count)) }
    }
    reducer = try makeReducer(used)
  }

  private func makeReducer(_ parameters: [Tensor]) throws(TorchError) -> TorchReducer {
    let handles = parameters.map(\.handle)
    var reducer = TorchReducer(ref: nil)
    let failure = withExtendedLifetime(parameters) {
      torch_reducer_new(group.handle, handles, handles.count, &reducer)
    }
    try LibTorch.check(failure, "reducer")
    return reducer
  }
}
