import Foundation

/// The part of the machine's processors that this process may use.
public struct ProcessorShare: Sendable, Equatable {
  /// Cores that it may run on.
  public let cores: Int
  /// CPU seconds per second that its control group may use; nil without a limit.
  public let quota: Double?

  public init(cores: Int, quota: Double?) { (self.cores, self.quota) = (cores, quota) }

  /// Number of threads that can run at the same time, at most `wanted`.
  ///
  /// The load of the cores is ignored: with another number of threads sums are rounded in another order, and a run with the
  /// same seed would give other results.
  public func threads(_ wanted: Int) -> Int {
    let granted = quota.map { Int($0.rounded(.up)) } ?? cores
    return max(1, min(wanted, cores, granted))
  }

  /// Sets LibTorch's number of threads to `count`, at most one per core; 0 stands for as many as this process may use.
  public static func apply(_ count: Int) {
    let usual = LibTorch.threadCount
    let wanted = count > 0 ? min(count, current.cores) : current.threads(usual)
    if wanted != usual { LibTorch.threadCount = wanted }
  }

  /// The share of this process.
  public static var current: ProcessorShare {
    ProcessorShare(cores: ProcessInfo.processInfo.activeProcessorCount, quota: quota())
  }

  /// The limit that Linux's control groups set, as containers do; in the first version or the second.
  private static func quota() -> Double? {
    func words(_ path: String) -> [Substring] {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
    }
    let root = "/sys/fs/cgroup"
    let second = words("\(root)/cpu.max")
    if !second.isEmpty { return quota(second) }
    return quota(words("\(root)/cpu/cpu.cfs_quota_us") + words("\(root)/cpu/cpu.cfs_period_us"))
  }

  /// The quotient of time and period, both in microseconds: ["150000", "100000"]; nil for "max" and -1.
  static func quota(_ words: [Substring]) -> Double? {
    guard words.count == 2, let time = Double(words[0]), let period = Double(words[1]), time > 0, period > 0 else {
      return nil
    }
    return time / period
  }
}
