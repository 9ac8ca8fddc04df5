import CLibTorch
import Tensors

/// Averages gradients over all processes while the backward pass goes on: c10d's Reducer, in buckets of up to 25 MB.
///
/// From its creation on every backward pass of the parameters averages their gradients, so that each must be prepared.
public final class GradientReducer {
  private let handle: TorchReducer
  private let group: ProcessGroup

  /// `parameters` must be the same in all processes.
  public init(_ parameters: [Tensor], _ group: ProcessGroup) throws(TorchError) {
    let handles = parameters.map(\.handle)
    var reducer = TorchReducer(ref: nil)
    let failure = withExtendedLifetime(parameters) {
      torch_reducer_new(group.handle, handles, handles.count, &reducer)
    }
    try LibTorch.check(failure, "reducer")
    handle = reducer
    self.group = group
  }

  deinit { torch_reducer_release(handle) }

  /// Announces the backward pass from `loss`. A parameter that it reaches in no process keeps what gradient it has.
  public func prepare(for loss: Tensor) throws(TorchError) {
    try LibTorch.check(torch_reducer_prepare(handle, loss.handle), "reducer", shapes: [loss.shape])
  }
}
