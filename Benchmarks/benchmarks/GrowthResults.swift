import Files
import Foundation
import Reports

/// What points of growth took on both sides, as JSON for programs and as charts for people.
struct GrowthResults {
  enum Program: String, Codable, CaseIterable {
    case ours, peer
  }

  /// What one side took at one point.
  private struct Entry: Codable {
    let task: GrowthPoint.Task
    let side: Int
    let batch: Int
    let program: Program
    /// Median, least and most.
    let seconds: Double
    let least: Double
    let most: Double
    /// Bytes.
    let peakMemory: Int

    var point: GrowthPoint { GrowthPoint(task: task, side: side, batch: batch) }

    enum CodingKeys: String, CodingKey {
      case task, side, batch, program, seconds, least, most
      case peakMemory = "peak_memory"
    }
  }

  private let path: String
  private var entries: [Entry]

  /// The results that the file at `path` holds; none where it is missing.
  init(path: String) throws {
    self.path = path
    let known = try InputFile.readIfPresent(path) ?? Data("[]".utf8)
    do {
      entries = try JSONDecoder().decode([Entry].self, from: known)
    } catch is DecodingError {
      throw FileError.invalid(path, "is not a list of results of growth; move it away or choose another --output")
    }
  }

  /// Replaces what is known of a point and writes the file.
  mutating func set(_ measurement: Measurement, of program: Program, at point: GrowthPoint) throws {
    entries.removeAll { $0.point == point && $0.program == program }
    entries.append(
      Entry(
        task: point.task, side: point.side, batch: point.batch, program: program, seconds: measurement.median,
        least: measurement.least, most: measurement.most, peakMemory: measurement.peakMemory))
    entries.sort {
      ($0.task.rawValue, $0.program.rawValue, $0.batch, $0.side)
        < ($1.task.rawValue, $1.program.rawValue, $1.batch, $1.side)
    }
    try OutputFile.write(indentedJSON(entries), to: path)
  }

  /// Writes growth-side-time.svg, growth-side-memory.svg, growth-batch-time.svg and growth-batch-memory.svg.
  func writeCharts(to folder: String) throws {
    let time = (title: "Time", unit: "seconds", value: { (entry: Entry) in entry.seconds })
    let memory = (title: "Memory", unit: "MB", value: { (entry: Entry) in Double(entry.peakMemory) / 1e6 })
    for (name, quantity) in [("time", time), ("memory", memory)] {
      let bySide = chart(
        "\(quantity.title) against the side of the image", "side of a square image, pixels", quantity.unit,
        where: { $0.batch == GrowthPoint.batch(of: $0.task) }, x: \.side, quantity.value)
      let byBatch = chart(
        "\(quantity.title) against the batch at \(GrowthPoint.batchSide) x \(GrowthPoint.batchSide)", "images",
        quantity.unit, where: { $0.side == GrowthPoint.batchSide }, x: \.batch, quantity.value)
      try OutputFile.write(bySide.picture(), to: "\(folder)/growth-side-\(name).svg")
      try OutputFile.write(byBatch.picture(), to: "\(folder)/growth-batch-\(name).svg")
    }
  }

  private func chart(
    _ title: String, _ xLabel: String, _ yLabel: String, where isShown: (GrowthPoint) -> Bool,
    x: KeyPath<GrowthPoint, Int>, _ value: (Entry) -> Double
  ) -> LineChart {
    let curves = GrowthPoint.Task.allCases.flatMap { task in
      Program.allCases.map { program in
        let points = entries.filter { $0.task == task && $0.program == program && isShown($0.point) }
          .map { LineChart.Point(Double($0.point[keyPath: x]), value($0)) }
        let name = task == .view ? "view" : "training step"
        return LineChart.Series(program == .ours ? name : "\(name) in PyTorch", points.sorted { $0.x < $1.x })
      }
    }
    return LineChart(
      title: title, xLabel: xLabel, yLabel: yLabel, xScale: .logarithmic, scale: .logarithmic, namesLast: false,
      series: curves)
  }
}
