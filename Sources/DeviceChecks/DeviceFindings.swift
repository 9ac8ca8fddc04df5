import Files
import Foundation

/// Findings about a device: the differences of its numbers from those expected, and its times.
package struct DeviceFindings: Codable, Sendable {
  /// A number of the device and its limit.
  package struct Comparison: Codable, Sendable {
    package let name: String
    /// A relative difference, unless the name says otherwise.
    package let found: Double
    /// The largest allowed.
    package let allowed: Double

    package var isWithin: Bool { found <= allowed }
  }

  /// The time of a computation.
  package struct Timing: Codable, Sendable {
    package let name: String
    /// In seconds, of each repetition after the first.
    package let seconds: [Double]
    /// The most bytes of tensors on the device; 0 where the device does not count them.
    package let peakMemory: Int

    /// Of an even number, the lower of the two.
    package var median: Double { seconds.sorted()[(seconds.count - 1) / 2] }
  }

  /// LibTorch's name of the device.
  package let device: String
  /// LibTorch's version.
  package let version: String
  package internal(set) var comparisons: [Comparison] = []
  package internal(set) var timings: [Timing] = []
  /// Failed computations, by their names.
  package internal(set) var failures: [String] = []

  package var isGood: Bool { failures.isEmpty && comparisons.allSatisfy(\.isWithin) }

  /// Everything as JSON, with sorted keys.
  package func json() throws -> Data { try indentedJSON(self) }

  /// Everything as a table for reading.
  package var table: String {
    func padded(_ text: String, _ width: Int) -> String { text.padding(toLength: width, withPad: " ", startingAt: 0) }
    var lines = ["\(device), LibTorch \(version)"]
    let width = (comparisons.map(\.name) + timings.map(\.name)).map(\.count).max() ?? 0
    for comparison in comparisons {
      let numbers = String(format: "%9.2e of %7.0e", comparison.found, comparison.allowed)
      lines.append("\(padded(comparison.name, width))  \(numbers)\(comparison.isWithin ? "" : "  TOO FAR")")
    }
    for timing in timings {
      let range = (timing.seconds.min() ?? 0, timing.seconds.max() ?? 0)
      let seconds = String(format: "%8.4f s (%.4f to %.4f)", timing.median, range.0, range.1)
      let memory = timing.peakMemory > 0 ? String(format: ", %.2f GB", Double(timing.peakMemory) / 1e9) : ""
      lines.append("\(padded(timing.name, width))  \(seconds)\(memory)")
    }
    return (lines + failures.map { "failed: \($0)" }).joined(separator: "\n")
  }
}

/// Collects findings: failures are recorded, and the rest continues.
final class DeviceFindingsBuilder {
  private(set) var findings: DeviceFindings

  init(_ findings: DeviceFindings) { self.findings = findings }

  /// A number that is not finite is a failure.
  func compare(_ name: String, _ found: Double, allowed: Double) {
    guard found.isFinite else {
      findings.failures.append("\(name): a result is missing or not finite")
      return
    }
    findings.comparisons.append(DeviceFindings.Comparison(name: name, found: found, allowed: allowed))
  }

  func add(_ timing: DeviceFindings.Timing) { findings.timings.append(timing) }

  /// Runs `body`, and records its error under `name`.
  func attempt(_ name: String, _ body: () throws -> Void) {
    do { try body() } catch { findings.failures.append("\(name): \(error)") }
  }
}
