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
