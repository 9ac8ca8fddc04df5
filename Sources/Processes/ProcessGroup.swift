import CLibTorch
import Layers
import Tensors

/// The group of processes that train together: c10d with Gloo on the CPU and NCCL on CUDA.
///
/// Functions that say "all processes" must be called by all of them in the same order. They throw `TorchError` when the
/// connection to another process breaks.
public final class ProcessGroup: BatchSharing {
  package var launch: LaunchEnvironment { watch.launch }
  let handle: TorchProcessGroup
  private let watch: ProcessMonitor
  private let device: Device

  /// Timeout of collective functions: others may be validating. Lost processes are found otherwise (`ProcessMonitor`).
  private static let collectiveTimeout = 7 * 24 * 3600.0

  /// Waits for the other processes to start, and connects to each, for tensors on `device`, whose kind must be the same
  /// in all. Throws a `RendezvousError` when they do not start in time; `isCancelled` is polled meanwhile.
  package init(_ watch: ProcessMonitor, on device: Device, isCancelled: () -> Bool = { false }) throws {
    self.watch = watch
    self.device = device
    try watch.waitForAll(isCancelled: isCancelled)
    var group = TorchProcessGroup(ref: nil)
    try LibTorch.check(
      torch_process_group_new(
        watch.store.handle, watch.store.key("group"), Int32(watch.launch.rank), Int32(watch.launch.count),
        device.description, watch.launch.startTimeout, Self.collectiveTimeout, &group), "group of processes")
    handle = group
  }

  deinit { torch_process_group_release(handle) }

  public var rank: Int { launch.rank }
  public var count: Int { launch.count }

  /// Replaces `tensor` by its sum over all processes.
  package func sum(_ tensor: Tensor) throws(TorchError) {
    try LibTorch.check(torch_process_group_sum(handle, tensor.handle), "sum over processes", shapes: [tensor.shape])
  }

  /// The sums of numbers over all processes.
  package func sums(_ values: [Double]) throws(TorchError) -> [Double] {
    let tensor = try Tensor(values, [values.count]).to(device)
    try sum(tensor)
    return try tensor.doubles()
  }

  /// Replaces `tensor` in all processes by that of process 0.
  package func broadcast(_ tensor: Tensor) throws(TorchError) {
    try LibTorch.check(
      torch_process_group_broadcast(handle, tensor.handle, 0), "broadcast to processes", shapes: [tensor.shape])
  }

  /// The text of process 0, in all processes; `text` is asked for in process 0 only.
  package func broadcast(_ text: () throws -> String) throws -> String { try watch.broadcast(text) }

  public func batchNormalized(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, mean: Tensor, variance: Tensor, momentum: Double, epsilon: Double
  ) throws(TorchError) -> Tensor {
    var result = TorchTensor(ref: nil)
    let failure = withExtendedLifetime((x, weight, bias, mean, variance)) {
      torch_synchronized_batch_norm(
        handle, x.handle, weight.handle, bias.handle, mean.handle, variance.handle, momentum, epsilon, &result)
    }
    try LibTorch.check(failure, "synchronized_batch_norm", shapes: [x.shape])
    return Tensor(owning: result)
  }

  /// Waits until all processes have reached this call.
  package func waitForAll() throws(TorchError) { _ = try sums([0]) }
}

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

  deinit { releaseReducer() }

  /// Other parameters take part from now on; to be called by all processes.
  package func participantsWillChange() { releaseReducer() }

  private func releaseReducer() {
    if let reducer { torch_reducer_release(reducer) }
    reducer = nil
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
