import Evaluation
import Files
import Images

extension StudyResult {
  /// Curves of more cells cannot be told apart.
  private static let largestLineCount = 6

  /// The numbers for the head of the page.
  package var keyNumbers: [Report.KeyNumber] {
    var numbers: [Report.KeyNumber] = []
    if let statistics = cells.first(where: { $0.name == reference })?.statistics.meanIoU {
      numbers.append(
        .init(
          "mIoU of the reference", Percent.text(statistics.mean),
          meaning: "\(oneLine(reference)): "
            + (statistics.standardDeviation.map {
              "mean of \(statistics.count) seeds, standard deviation \(Percent.number($0))."
            } ?? "one run.")))
    }
    let compared = cells.compactMap { cell in cell.differences?.meanIoU.map { (cell.name, $0) } }
    if let (name, difference) = compared.max(by: { abs($0.1.mean) < abs($1.1.mean) }) {
      let interval = difference.interval.map {
        ", 95 % interval \(Points.text($0.lowerBound, minus: "−")) to \(Points.text($0.upperBound, minus: "−"))"
      }
      numbers.append(
        .init(
          compared.count > 1 ? "largest difference" : "difference",
          "\(Points.text(difference.mean, minus: "−")) points", meaning: "\(oneLine(name))\(interval ?? "")."))
    }
    let failed = count(.failed)
    numbers.append(
      .init(
        "runs", "\(count(.finished)) of \(runs.count)",
        meaning: failed == 0 ? "Finished and evaluated." : "Finished and evaluated; \(failed) failed."))
    return numbers
  }

  /// One sentence for the head of the page.
  package var pageSummary: String { "\(summary)." }

  /// The parts of the page; `colors` are those of the classes.
  func sections(_ colors: ColorMap) -> [String] {
    var parts: [String] = []
    if count(.finished) > 0 {
      parts.append(part("Cells", spreadNote, figureTable))
      if cells.count > 1 { parts.append(part(differenceTitle, intervalNotes.joined(separator: " "), differences)) }
      let charts = curves.map(chart) + (hasDistances ? [distanceChart] : [])
      if !charts.isEmpty {
        parts.append(part("Curves", lineNote, "<div class=\"charts\">\(charts.map { $0.html() }.joined())</div>"))
      }
      parts.append(part(distanceTitle, distanceNote, hasDistances ? distanceTable : ""))
      parts.append(part("Classes", "IoU in %, mean and standard deviation over the seeds.", classTable(colors)))
    }
    parts.append(part("Runs", "", runTable))
    return parts
  }

  private func part(_ heading: String, _ note: String, _ body: String) -> String {
    let note = note.isEmpty ? "" : "<p class=\"note\">\(escaped(note))</p>\n"
    return "<section>\n<h2>\(escaped(heading))</h2>\n\(note)\(body)\n</section>"
  }

  // MARK: Tables

  private var figureTable: String {
    let rows = cells.map { cell in
      let bar = cell.statistics.meanIoU.map {
        "<span class=\"bar\"><i style=\"width:\(decimals($0.mean * 100, 1))%\"></i></span>"
      }
      let figures = [cell.statistics.meanIoU, cell.statistics.meanBoundaryIoU, cell.statistics.pixelAccuracy]
      let name = escaped(cell.name) + (cell.name == reference && cells.count > 1 ? " <small>reference</small>" : "")
      return "<tr><th scope=\"row\">\(name)</th><td>\(bar ?? "")</td>"
        + figures.map { "<td>\(Self.spread($0))</td>" }.joined() + "<td>\(cell.finishedCount)</td></tr>"
    }
    return table(
      "<tr><th scope=\"col\">Cell</th><th scope=\"col\" colspan=\"2\">mIoU %</th><th scope=\"col\">Boundary IoU %</th>"
        + "<th scope=\"col\">Pixel accuracy %</th><th scope=\"col\">Runs</th></tr>", rows)
  }

  private var differences: String {
    let compared = cells.filter { $0.differences != nil }
    return [("mIoU", \StudyFigures<PairedDifference>.meanIoU), ("Boundary IoU", \.meanBoundaryIoU)]
      .map { name, figure in
        IntervalChart(
          nameHeading: "Cell", valueHeading: name,
          rows: compared.map { .init(name: $0.name, difference: $0.differences?[keyPath: figure]) }
        ).html
      }.joined(separator: "\n")
  }

  private func classTable(_ colors: ColorMap) -> String {
    let rows = classes.indices.map { label in
      let numbers = cells.map { cell in
        "<td>\(Self.spread(cell.iou.indices.contains(label) ? cell.iou[label] : nil))</td>"
      }
      return "<tr><th scope=\"row\">\(swatch(colors, label))\(escaped(classes[label]))</th>\(numbers.joined())</tr>"
    }
    return table("<tr><th scope=\"col\">Class</th>\(cellHeadings)</tr>", rows, namesCells: false)
  }

  private var distanceTable: String {
    let rows = cells.filter { !$0.distances.isEmpty }.map { cell in
      let numbers = cell.distances.map { "<td>\(Self.spread($0.meanIoU))</td>" }
      return "<tr><th scope=\"row\">\(escaped(cell.name))</th>\(numbers.joined())</tr>"
    }
    let shares = distanceRanges.map { "<td><small>\(Percent.number($0.share))</small></td>" }
    let headings = distanceRanges.map { "<th scope=\"col\">\($0.range) px</th>" }
    return table(
      "<tr><th scope=\"col\">Cell</th>\(headings.joined())</tr>",
      rows + ["<tr><th scope=\"row\"><small>Share of the pixels %</small></th>\(shares.joined())</tr>"])
  }

  private var runTable: String {
    let rows = cells.flatMap { cell in
      cell.runs.map { run in
        // Relative to the page, which lies in the study's folder.
        let folder = "\(Path.name(of: Path.folder(of: run.folder)))/\(Path.name(of: run.folder))"
        let state =
          run.state == .finished ? "<a href=\"\(escaped(folder))/report.html\">finished</a>" : run.state.text
        let problem = run.problem.map { "<small class=\"problem\">\(escaped($0))</small>" }
        return "<tr><th scope=\"row\">\(escaped(cell.name))</th><td>\(run.seed)</td>"
          + "<td>\(Percent.number(run.figures?.meanIoU))</td><td>\(state)\(problem ?? "")</td></tr>"
      }
    }
    return table(
      "<tr><th scope=\"col\">Cell</th><th scope=\"col\">Seed</th><th scope=\"col\">mIoU %</th>"
        + "<th scope=\"col\">State</th></tr>", rows)
  }

  private var cellHeadings: String { cells.map { "<th scope=\"col\">\(escaped($0.name))</th>" }.joined() }

  /// A table that scrolls where the page is too narrow for it; `namesCells` tells whether rows are those of cells.
  private func table(_ head: String, _ rows: [String], namesCells: Bool = true) -> String {
    """
    <div class="scroll card"><table class="bins study\(namesCells ? " cells" : "")">
    <thead>\(head)</thead>
    <tbody>\(rows.joined(separator: "\n"))</tbody>
    </table></div>
    """
  }

  private static func spread(_ statistics: SeedStatistics?) -> String {
    let deviation = statistics?.standardDeviation.map { " <small>± \(Percent.number($0))</small>" }
    return Percent.number(statistics?.mean) + (deviation ?? "")
  }

  // MARK: Charts

  private func chart(_ curves: Curves) -> LineChart {
    LineChart(
      title: curves.title, xLabel: curves.over, yLabel: curves.areRatios ? "mIoU %" : "loss",
      scale: curves.areRatios ? .linear : .logarithmic, isSmoothed: !curves.areRatios,
      series: curves.lines.filter { drawn.contains($0.cell) }.map { line in
        .init(line.cell, zip(line.x, line.y).map { .init($0, curves.areRatios ? $1 * 100 : $1) })
      }, leastSpan: curves.areRatios ? 20 : 0)
  }

  /// Each range at its middle, the last one at its lower end.
  private var distanceChart: LineChart {
    LineChart(
      title: "mIoU by distance", xLabel: "pixels from the nearest scribble", yLabel: "mIoU %", namesLast: false,
      series: cells.filter { drawn.contains($0.name) && !$0.distances.isEmpty }.map { cell in
        .init(
          cell.name,
          cell.distances.compactMap { bin in
            bin.meanIoU.map { .init(bin.to.map { (bin.from + $0) / 2 } ?? bin.from, $0.mean * 100) }
          })
      }, leastSpan: 20)
  }

  /// The cells that charts show: all, or the reference and those of the highest mIoU.
  private var drawn: [String] {
    guard cells.count > Self.largestLineCount else { return cells.map(\.name) }
    let others = cells.filter { $0.name != reference }
      .sorted { ($0.statistics.meanIoU?.mean ?? -1) > ($1.statistics.meanIoU?.mean ?? -1) }
    return [reference] + others.prefix(Self.largestLineCount - 1).map(\.name)
  }

  private var lineNote: String {
    let rest = cells.count > Self.largestLineCount ? " The reference and the five cells of highest mIoU." : ""
    return "Mean over the seeds.\(rest)"
  }
}
