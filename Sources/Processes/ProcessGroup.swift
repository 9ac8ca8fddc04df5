import CLibTorch
import Tensors

/// The processes that train together, as one of them sees them: c10d with Gloo on the CPU and NCCL on CUDA.
///
/// Functions that say "all processes" must be called by all of them in the same order. They throw `TorchError` when the
/// connection to another process breaks.
public final class ProcessGroup {
  public let place: ProcessPlace
  let handle: TorchProcessGroup
  private let device: Device
  private let meeting: MeetingPoint
  private var messages = 0

  /// What is waited for others to be started.
  private static let patience = 300.0
  /// What a collective function waits: others may be validating. Lost processes are found otherwise (`ProcessWatch`).
  private static let collectivePatience = 7 * 24 * 3600.0

  /// Meets the other processes, for tensors on `device`. Throws when they do not come within five minutes.
  public init(_ place: ProcessPlace, on device: Device) throws(TorchError) {
    self.place = place
    self.device = device
    _ = LibTorch.started
    meeting = try MeetingPoint(place, opening: place.isFirst && !place.launcherServes, timeout: Self.patience)
    try Self.waitForAll(place, meeting)
    var group = TorchProcessGroup(ref: nil)
    try LibTorch.check(
      torch_process_group_new(
        meeting.handle, meeting.key("group"), Int32(place.rank), Int32(place.count), device.description,
        Self.collectivePatience, &group), "group of processes")
    handle = group
  }

  deinit { torch_process_group_release(handle) }

  public var rank: Int { place.rank }
  public var count: Int { place.count }

  /// Replaces `tensor` by its sum over all processes.
  public func sum(_ tensor: Tensor) throws(TorchError) {
    try LibTorch.check(torch_process_group_sum(handle, tensor.handle), "sum over processes", shapes: [tensor.shape])
  }

  /// The sums of numbers over all processes.
  public func sums(_ values: [Double]) throws(TorchError) -> [Double] {
    let tensor = try Tensor(values, [values.count]).to(device)
    try sum(tensor)
    return try tensor.doubles()
  }

  /// Replaces `tensor` in all processes by that of process 0.
  public func broadcast(_ tensor: Tensor) throws(TorchError) {
    try LibTorch.check(
      torch_process_group_broadcast(handle, tensor.handle, 0), "broadcast to processes", shapes: [tensor.shape])
  }

  /// The text of process 0, in all processes; `text` is asked for in process 0 only.
  public func broadcast(_ text: () throws -> String) throws -> String {
    messages += 1
    let key = "message/\(messages)"
    if place.isFirst { try meeting.set(key, text()) }
    return try meeting.text(key)
  }

  /// Batch normalisation of `x`, `[N, C, H, W]`, with mean and variance over the batches of all processes, which also
  /// move the running statistics; can be differentiated. Variances are over as many elements as all processes have.
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

  /// Waits until all processes have come this far.
  public func waitForAll() throws(TorchError) { _ = try sums([0]) }

  private static func waitForAll(_ place: ProcessPlace, _ meeting: MeetingPoint) throws(TorchError) {
    let all = "everybody"
    if try meeting.add("came", 1) == place.count { try meeting.set(all, "") }
    do {
      _ = try meeting.text(all)
    } catch {
      let came = try meeting.add("came", 0)
      throw TorchError(
        operation: "meeting of the processes",
        message: "\(place.count) processes were expected at \(place.host):\(place.port), and \(came) came within "
          + "\(Int(patience)) s; start the others, or set WORLD_SIZE")
    }
  }
}
