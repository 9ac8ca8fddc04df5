import CLibTorch
import Layers
import Tensors

/// The group of processes that train together: c10d with Gloo on the CPU and NCCL on CUDA.
///
/// Functions that say "all processes" must be called by all of them in the same order. They throw `TorchError` when the
/// connection to another process breaks.
package final class ProcessGroup: BatchSharing {
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

  package var rank: Int { launch.rank }
  package var count: Int { launch.count }

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

  package func batchNormalized(
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

/// The rank of this process among cooperating ones, and their rendezvous: what torchrun, Slurm scripts and Kubernetes
/// operators pass in environment variables.
package struct LaunchEnvironment: Sendable, Equatable {
  /// This process's number, from 0; the first one writes the files.
  package let rank: Int
  /// Number of processes.
  package let count: Int
  /// This process's number on its machine, from 0, which is also its CUDA device.
  package let localRank: Int
  /// The machine of process 0.
  package let host: String
  package let port: UInt16
  /// Whether the launcher has opened the store already; otherwise process 0 does.
  package let launcherServes: Bool
  /// Restarts so far (TORCHELASTIC_RESTART_COUNT).
  package let restarts: Int
  /// The launcher's name of the run (TORCHELASTIC_RUN_ID), if any.
  package let run: String?
  /// Seconds in which all processes must have been started, above 0.
  package let startTimeout: Double

  /// The variable that sets `startTimeout`.
  static let timeoutVariable = "BLPSEG_START_TIMEOUT"
  /// The variable that sets `run`.
  static let runVariable = "TORCHELASTIC_RUN_ID"

  package init(
    rank: Int, count: Int, localRank: Int, host: String, port: UInt16, launcherServes: Bool = false, restarts: Int = 0,
    run: String? = nil, startTimeout: Double = 60
  ) {
    precondition(count > 0 && 0..<count ~= rank && localRank >= 0, "ranks count from 0 up to the number of processes")
    self.rank = rank
    self.count = count
    self.localRank = localRank
    self.host = host
    self.port = port
    self.launcherServes = launcherServes
    self.restarts = restarts
    self.run = run
    self.startTimeout = startTimeout
  }

  /// Reads WORLD_SIZE, RANK, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, what torchrun adds to them, and
  /// BLPSEG_START_TIMEOUT.
  ///
  /// Returns nil without WORLD_SIZE or where it is 1: the process is alone. Throws when one of the others is missing or
  /// out of range.
  package init?(environment: [String: String]) throws(ProcessSettingsError) {
    guard environment["WORLD_SIZE"] != nil else { return nil }
    func integer(_ name: String, _ range: ClosedRange<Int>, default fallback: Int? = nil) throws(ProcessSettingsError)
      -> Int
    {
      guard let text = environment[name] else {
        if let fallback { return fallback }
        throw ProcessSettingsError(variable: name, problem: "is missing, and WORLD_SIZE is set")
      }
      guard let value = Int(text), range ~= value else {
        throw ProcessSettingsError(
          variable: name,
          problem: "is \"\(text)\", a whole number from \(range.lowerBound) to \(range.upperBound) was expected")
      }
      return value
    }
    let count = try integer("WORLD_SIZE", 1...65536)
    if count == 1 { return nil }
    let rank = try integer("RANK", 0...count - 1)
    guard let host = environment["MASTER_ADDR"], !host.isEmpty else {
      throw ProcessSettingsError(variable: "MASTER_ADDR", problem: "is missing; name the machine of process 0")
    }
    self.init(
      rank: rank, count: count, localRank: try integer("LOCAL_RANK", 0...count - 1, default: 0), host: host,
      port: UInt16(try integer("MASTER_PORT", 1...65535)),
      launcherServes: environment["TORCHELASTIC_USE_AGENT_STORE"] == "True",
      restarts: try integer("TORCHELASTIC_RESTART_COUNT", 0...Int(Int32.max), default: 0),
      run: environment[Self.runVariable],
      startTimeout: Double(try integer(Self.timeoutVariable, 1...86400, default: 60)))
  }

  /// Whether this process writes the files.
  package var isFirst: Bool { rank == 0 }

  /// The rendezvous of the processes, "host:port".
  var address: String { "\(host):\(port)" }
}

/// An environment variable from which rank or rendezvous of this process cannot be read.
package struct ProcessSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  package let variable: String
  package let problem: String

  package var description: String {
    "The environment variable \(variable) \(problem); start the processes with torchrun, or set RANK, WORLD_SIZE, "
      + "LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each."
  }
}
