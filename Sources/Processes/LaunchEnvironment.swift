/// The rank of this process among cooperating ones, and their rendezvous: what torchrun, Slurm scripts and Kubernetes
/// operators pass in environment variables.
public struct LaunchEnvironment: Sendable, Equatable {
  /// This process's number, from 0; the first one writes the files.
  public let rank: Int
  /// Number of processes.
  public let count: Int
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
  public init?(environment: [String: String]) throws(ProcessSettingsError) {
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
  public var isFirst: Bool { rank == 0 }

  /// The rendezvous of the processes, "host:port".
  var address: String { "\(host):\(port)" }
}

/// An environment variable from which rank or rendezvous of this process cannot be read.
public struct ProcessSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  public let variable: String
  public let problem: String

  public var description: String {
    "The environment variable \(variable) \(problem); start the processes with torchrun, or set RANK, WORLD_SIZE, "
      + "LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each."
  }
}
