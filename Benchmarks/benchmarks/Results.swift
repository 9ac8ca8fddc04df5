import Files
import Foundation

/// The comparisons of one run, as a table for people and as JSON for programs.
struct Results {
  let comparisons: [Comparison]

  /// What programs read of a comparison.
  private struct Entry: Codable {
    let ours: Double
    let peer: Double
    let ratio: Double
  }

  /// Writes name -> {"ours", "peer", "ratio"}: seconds and the peer's over ours; for `peak_memory_` and the name bytes, and
  /// ours over the peer's. Tasks that were not run keep what the file says of them.
  func write(to path: String) throws {
    let known = try InputFile.readIfPresent(path) ?? Data("{}".utf8)
    var entries = try JSONDecoder().decode([String: Entry].self, from: known)
    for comparison in comparisons {
      guard let peer = comparison.peer, let speedup = comparison.speedup, let share = comparison.memoryShare else {
        continue
      }
      entries[comparison.task.rawValue] = Entry(ours: comparison.ours.median, peer: peer.median, ratio: speedup)
      entries["peak_memory_\(comparison.task.rawValue)"] = Entry(
        ours: Double(comparison.ours.peakMemory), peer: Double(peer.peakMemory), ratio: share)
    }
    try OutputFile.write(indentedJSON(entries), to: path)
  }

  /// A Markdown table.
  var table: String {
    let heading = """
      | task | ours, s | PyTorch and others, s | times as fast | ours, MB | theirs, MB | share |
      |---|---|---|---|---|---|---|
      """
    return ([heading] + comparisons.map(row)).joined(separator: "\n")
  }

  private func row(_ comparison: Comparison) -> String {
    let speedup = comparison.speedup.map { String(format: "%.2f", $0) }
    let share = comparison.memoryShare.map { String(format: "%.0f %%", $0 * 100) }
    let cells: [String] = [
      comparison.task.meaning, time(comparison.ours), comparison.peer.map(time) ?? "", speedup ?? "",
      megabytes(comparison.ours), comparison.peer.map(megabytes) ?? "", share ?? "",
    ]
    return "| \(cells.joined(separator: " | ")) |"
  }

  private func time(_ measurement: Measurement) -> String {
    String(format: "%.3f (%.3f ... %.3f)", measurement.median, measurement.least, measurement.most)
  }

  private func megabytes(_ measurement: Measurement) -> String {
    "\(Int((Double(measurement.peakMemory) / 1e6).rounded()))"
  }
}
