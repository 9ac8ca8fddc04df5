import Evaluation
import Foundation

extension StudyResult {
  /// The tables for a terminal, numbers in percent, and what has to be known to read them.
  package var text: String {
    var parts = ["\(oneLine(name)): \(summary)"]
    if count(.finished) > 0 {
      parts.append("\(figureTable)\n\(spreadNote)")
      if cells.count > 1 { parts.append("\(differenceTable)\n\(intervalNotes.joined(separator: "\n"))") }
      parts.append("IoU of the classes, mean over the seeds, in %\n\(classTable)")
      parts.append(hasDistances ? "\(distanceTitle), in %\n\(distanceTable)\n\(distanceNote)" : distanceNote)
    }
    let open = runs.filter { $0.state != .finished || $0.problem != nil }
    if !open.isEmpty { parts.append(stateTable(of: open)) }
    return parts.joined(separator: "\n\n")
  }

  /// All runs with their states.
  package var stateTable: String { stateTable(of: runs) }

  /// "2 cells, seeds 0, 1; 3 of 4 runs are finished, 1 has failed"
  var summary: String {
    let failed = count(.failed)
    let list = seeds.map(String.init).joined(separator: ", ")
    return "\(cells.count) cell\(cells.count == 1 ? "" : "s"), seed\(seeds.count == 1 ? "" : "s") \(list); "
      + "\(count(.finished)) of \(runs.count) runs \(runs.count == 1 ? "is" : "are") finished"
      + (failed == 0 ? "" : ", \(failed) \(failed == 1 ? "has" : "have") failed")
  }

  private func stateTable(of listed: [StudyRunResult]) -> String {
    let lines = listed.map { run in
      "\(run.folder): \(run.state.text)\(run.problem.map { ": \(oneLine($0))" } ?? "")"
    }
    return lines.joined(separator: "\n")
  }

  private var figureTable: String {
    let rows = cells.enumerated().map { index, cell in
      [label(index) + (cell.name == reference && cells.count > 1 ? " (reference)" : "")]
        + [cell.statistics.meanIoU, cell.statistics.meanBoundaryIoU, cell.statistics.pixelAccuracy].flatMap {
          [Percent.number($0?.mean), Percent.number($0?.standardDeviation)]
        } + ["\(cell.finishedCount)"]
    }
    let header = ["cell", "mIoU %", "sd", "boundary IoU %", "sd", "pixel acc. %", "sd", "runs"]
    return TextTable(header: header, groups: [rows]).text
  }

  private var differenceTable: String {
    let rows = cells.enumerated().compactMap { index, cell -> [String]? in
      guard let differences = cell.differences else { return nil }
      let columns = [differences.meanIoU, differences.meanBoundaryIoU].flatMap { difference in
        [
          Points.text(difference?.mean, minus: "-"),
          difference?.interval.map {
            "[\(Points.text($0.lowerBound, minus: "-")), \(Points.text($0.upperBound, minus: "-"))]"
          } ?? "–",
        ]
      }
      return [label(index)] + columns + ["\(differences.meanIoU?.count ?? 0)"]
    }
    let header = ["cell", "mIoU", "95 % interval", "boundary IoU", "95 % interval", "seeds"]
    return "\(differenceTitle)\n" + TextTable(header: header, groups: [rows]).text
  }

  private var classTable: String {
    let rows = classes.indices.map { label in
      [oneLine(classes[label])]
        + cells.map { Percent.number($0.iou.indices.contains(label) ? $0.iou[label]?.mean : nil) }
    }
    return TextTable(header: ["class"] + cells.indices.map { "cell \($0 + 1)" }, groups: [rows]).text
  }

  private var distanceTable: String {
    let rows = cells.enumerated().filter { !$0.element.distances.isEmpty }.map { index, cell in
      [label(index)] + cell.distances.map { Spread.text($0.meanIoU) }
    }
    let shares = ["share of the pixels"] + distanceRanges.map { Percent.number($0.share) }
    return TextTable(header: ["pixels from a scribble"] + distanceRanges.map(\.range), groups: [rows, [shares]]).text
  }

  /// The cell's number, by which tables name it in their columns, and its name.
  private func label(_ index: Int) -> String { "\(index + 1) \(oneLine(cells[index].name))" }
}

// Titles and notes that text and page share.

extension StudyResult {
  /// What the columns of means and deviations hold, or why there are no deviations.
  var spreadNote: String {
    if cells.contains(where: { $0.finishedCount > 1 }) {
      return "Validation images, one view; mean and sample standard deviation (sd) over the seeds."
    }
    return
      "Validation images, one view. With one run per cell nothing is known about the spread between seeds: there are "
      + "no standard deviations and no confidence intervals."
  }

  var differenceTitle: String { "Differences to \(oneLine(reference)), seed by seed, in percentage points" }

  /// How the intervals are to be read, or why there are none.
  var intervalNotes: [String] {
    let all = cells.compactMap { $0.differences?.meanIoU }
    guard let most = all.map(\.count).max() else {
      return ["No seed is finished in the reference and in another cell yet."]
    }
    guard most > 1 else {
      return [
        "With one seed that both cells have there is no interval: nothing is known about the spread between seeds."
      ]
    }
    var notes = [
      "95 % confidence intervals of the mean difference, by Student's t distribution; where one holds 0, the seeds show no "
        + "difference."
    ]
    if cells.count > 2 { notes.append("Each interval is for itself: of 20 such intervals, about one misses.") }
    if most == 2 { notes.append("Two seeds give wide intervals (t = 12.7); with five, t is 2.8.") }
    if all.contains(where: { $0.count > 1 && $0.interval == nil }) {
      notes.append("Where all seeds have the same difference there is no spread to make an interval of.")
    }
    return notes
  }

  var hasDistances: Bool { cells.contains { !$0.distances.isEmpty } }

  var distanceTitle: String { "mIoU by distance to the nearest scribble" }

  /// On what it was measured, or why it was not.
  var distanceNote: String {
    let measured = runs.compactMap(\.distances)
    guard let images = measured.map(\.images).max() else {
      return "IoU by distance to the scribbles was not computed."
    }
    if images == 0 {
      return "IoU by distance to the scribbles is left out: no training image has a mask to compare with."
    }
    return
      "On \(images) training image\(images == 1 ? "" : "s") with scribbles and masks, one view; distances in pixels to "
      + "the nearest scribble of any class, means over the classes that occur there."
  }

  /// The ranges of distance, such as "5–10" and "≥ 80", with the share of the pixels in each.
  var distanceRanges: [(range: String, share: Double)] {
    let bins = cells.first { !$0.distances.isEmpty }?.distances ?? []
    return bins.map { bin in
      let from = String(format: "%g", bin.from)
      return (bin.to.map { "\(from)–\(String(format: "%g", $0))" } ?? "≥ \(from)", bin.share)
    }
  }
}

extension StudyCellResult {
  var finishedCount: Int { runs.count { $0.state == .finished } }
}

extension StudyRunResult.State {
  var text: String {
    switch self {
    case .finished: "finished"
    case .failed: "failed"
    case .begun: "begun, and stopped or under way elsewhere"
    case .missing: "missing"
    }
  }
}

/// Differences of ratios in percentage points.
enum Points {
  /// "+1.20", with its sign; a dash where there is none.
  static func text(_ difference: Double?, minus: String) -> String {
    guard let difference else { return "–" }
    let text = decimals(abs(difference) * 100, 2)
    if text == "0.00" { return text }
    return (difference < 0 ? minus : "+") + text
  }
}

/// Means of ratios in percent with their spread.
enum Spread {
  /// "71.20 ± 0.50", without the deviation where it is not known; a dash where there is no mean.
  static func text(_ statistics: SeedStatistics?) -> String {
    let deviation = statistics?.standardDeviation.map { " ± \(Percent.number($0))" }
    return Percent.number(statistics?.mean) + (deviation ?? "")
  }
}
