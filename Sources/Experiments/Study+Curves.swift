import Evaluation
import Training

extension Study {
  /// Learning curves, the mean over each cell's finished runs: validation mIoU where runs have several validations, and
  /// otherwise the losses that all cells have.
  ///
  /// `found` holds the runs of each cell. A curve has the places that all runs of its cell have.
  func curves(_ found: [[StudyRunResult]]) throws -> [StudyResult.Curves] {
    let records = try found.map { runs in
      try runs.filter { $0.state == .finished }.map { try MetricsFile.read(RunFolder($0.folder).metrics) }
    }
    func curves(_ title: String, over: String, areRatios: Bool, _ place: (MetricsEntry) -> Int, _ key: String)
      -> StudyResult.Curves
    {
      let lines = zip(cells, records).compactMap { cell, records in
        Self.mean(of: records.map { Self.points($0, place, key) }).map { points in
          StudyResult.Curves.Line(cell: cell.name, x: points.map { Double($0.place) }, y: points.map(\.value))
        }
      }
      return StudyResult.Curves(title: title, over: over, areRatios: areRatios, lines: lines)
    }
    let validation = curves("Validation", over: "epoch", areRatios: true, { $0.epoch + 1 }, "mean_iou")
    if validation.lines.contains(where: { $0.x.count > 1 }) { return [validation] }
    let losses = cells.map(\.settings.recordedLosses)
    return losses[0].filter { loss in losses.allSatisfy { $0.contains { $0.metricsKey == loss.metricsKey } } }
      .map { loss in
        let title = loss.title.prefix(1).uppercased() + loss.title.dropFirst()
        return curves(title, over: "step", areRatios: false, \.iteration, loss.metricsKey)
      }
      .filter { !$0.lines.isEmpty }
  }

  /// The values of a key by their places; of two at one place the later one.
  private static func points(
    _ record: [MetricsEntry], _ place: (MetricsEntry) -> Int, _ key: String
  ) -> [Int: Double] {
    Dictionary(record.compactMap { entry in entry.values[key].map { (place(entry), $0) } }) { _, last in last }
  }

  /// The means at the places that all have, ascending; nil where there is none.
  private static func mean(of curves: [[Int: Double]]) -> [(place: Int, value: Double)]? {
    guard let first = curves.first else { return nil }
    let places = first.keys.filter { place in curves.allSatisfy { $0[place] != nil } }.sorted()
    if places.isEmpty { return nil }
    return places.map { place in
      (place, curves.reduce(0) { $0 + ($1[place] ?? 0) } / Double(curves.count))
    }
  }
}
