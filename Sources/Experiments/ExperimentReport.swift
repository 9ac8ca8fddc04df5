import Datasets
import Evaluation
import Foundation
import Images
import Losses
import Prediction
import Reports
import Settings
import Training

/// The page about a run or an evaluation: what was learnt, in pictures and numbers.
struct ExperimentReport {
  private let experiment: Experiment
  private let predictor: Predictor
  /// How photographs are predicted; nil for a single view.
  private let way: PredictionRecipe?

  init(_ experiment: Experiment, _ predictor: Predictor, _ way: PredictionRecipe? = nil) {
    self.experiment = experiment
    self.predictor = predictor
    self.way = way
  }

  private var settings: ExperimentSettings { experiment.settings }
  private var limit: Int { settings.evaluation.reportImages }

  /// Writes `report.html` in the run's folder after training; without validation images, `evaluation` is nil.
  func write(
    _ training: SegmentationDataset, _ evaluation: (dataset: SegmentationDataset, result: EvaluationResult)?,
    _ progress: TrainingProgress
  ) throws {
    let learnt = try trainingSection(training)
    var page = base(RunStart.read(experiment.folder.starts).last)
    page.charts = try charts()
    page.evaluation = evaluation?.result
    let duration = Report.KeyNumber(
      "training", text(seconds: progress.seconds),
      meaning: "\(progress.iteration) steps of \(samplesPerStep), backbone \(settings.model.network.backbone.name).")
    if let evaluation {
      page.summary =
        "Learnt from scribbles on \(count(training.count)), evaluated on \(count(evaluation.dataset.count, "other"))."
      page.keyNumbers = Self.keyNumbers(evaluation.result) + [duration]
      page.sections = try sections(of: evaluation.dataset, evaluation.result, "Photographs it has never seen")
    } else {
      page.summary =
        "Learnt from scribbles on \(count(training.count)). There are no validation images with ground truth, so that "
        + "nothing on this page says how good the predictions of other photographs are."
      page.keyNumbers = learnt.agreement.map { [$0, duration] } ?? [duration]
      page.sections = try unlabelledSection().map { [$0] } ?? []
    }
    page.sections.append(learnt.section)
    page.advice = advice(isMeasured: evaluation != nil)
    try page.write(to: experiment.folder.report)
  }

  /// Writes the page of an evaluation to `path`.
  func write(
    _ result: EvaluationResult, of dataset: SegmentationDataset, command: [String], to path: String
  ) throws {
    var page = base(RunStart(experiment, command: command, iteration: 0))
    page.summary = "Weights \(result.weights), evaluated on \(count(dataset.count))."
    page.keyNumbers = Self.keyNumbers(result)
    page.evaluation = result
    page.sections = try sections(of: dataset, result, "Photographs")
    try page.write(to: path)
  }

  private var samplesPerStep: String {
    switch settings.model.kind {
    case .blpseg, .featurePyramid: "\(settings.training.batchSize) images"
    case .frozenFeatures: "\(settings.fitting.batch) scribbled pixels"
    }
  }

  private func base(_ start: RunStart?) -> Report {
    Report(
      title: settings.name, facts: start?.facts ?? [], classes: experiment.classes.names,
      colors: experiment.classes.colors, settings: settings.resolvedYAML)
  }

  private static func keyNumbers(_ result: EvaluationResult) -> [Report.KeyNumber] {
    [
      .init(
        "mIoU", Percent.text(result.meanIoU),
        meaning: "How well predicted and true areas coincide (intersection over union), averaged over the classes."),
      .init(
        "pixel accuracy", Percent.text(result.pixelAccuracy), meaning: "The share of pixels that are predicted right."),
    ]
  }

  // MARK: Pictures

  /// The images of an evaluation, the worst first; where there are more than the page shows, the worst and the best.
  private func sections(
    of dataset: SegmentationDataset, _ result: EvaluationResult, _ title: String
  ) throws -> [Report.Section] {
    let selection = ReportSelection(result.imageScores, limit: limit)
    func rows(_ indices: [Int]) throws -> [ReportRow] {
      try indices.map { index in
        let sample = try dataset.load(dataset.items[index])
        return try row(sample, sample.groundTruth).row
      }
    }
    let note = "Predicted in \(Self.article(result)); each photograph's IoU is that of its own classes."
    if selection.best.isEmpty {
      return [.init(title: title, note: "The worst first. \(note)", rows: try rows(selection.worst))]
    }
    return [
      .init(
        title: "\(title): the worst",
        note: "\(selection.worst.count) of \(dataset.count), the worst first. \(note)", rows: try rows(selection.worst)),
      .init(
        title: "\(title): the best", note: "\(selection.best.count) of \(dataset.count), the best first.",
        rows: try rows(selection.best)),
    ]
  }

  private static func article(_ result: EvaluationResult) -> String {
    let way = result.views.description(crf: result.crf != nil)
    return way == "single view" ? "a single view" : way
  }

  /// Validation images without ground truth; nil where there are none.
  private func unlabelledSection() throws -> Report.Section? {
    guard limit > 0, let dataset = experiment.unlabelledSet() else { return nil }
    let rows = try spread(dataset).map { try row(dataset.load($0), nil).row }
    return .init(
      title: "Photographs it has never seen", note: "From the validation list, which has no masks to compare with.",
      rows: rows)
  }

  /// Training images spread evenly over their list, and how well they are predicted where they are scribbled.
  private func trainingSection(
    _ training: SegmentationDataset
  ) throws -> (section: Report.Section, agreement: Report.KeyNumber?) {
    let masks = try experiment.previewSet()
    var scribbled = ConfusionMatrix(classCount: experiment.classes.count)
    var rows: [ReportRow] = []
    for item in spread(training) {
      let sample = try training.load(item)
      var (row, labels) = try row(sample, masks.flatMap { groundTruth(of: sample, in: $0) })
      if let scribbles = sample.scribbles {
        var matrix = ConfusionMatrix(classCount: experiment.classes.count)
        try matrix.add(prediction: labels, groundTruth: scribbles)
        try scribbled.merge(matrix)
        if row.score == nil { row.score = matrix.pixelAccuracy.map { .init("agreement with its scribbles", $0) } }
      }
      rows.append(row)
    }
    let order = ReportSelection(rows.map { $0.score?.value }, limit: rows.count).worst
    let agreement = scribbled.pixelAccuracy.map { share in
      Report.KeyNumber(
        "agreement with the scribbles", Percent.text(share),
        meaning:
          "The share of scribbled pixels that are predicted as they were scribbled, on the \(rows.count) training "
          + "photographs below. The network learnt from these very pixels: it is no measure of quality.")
    }
    let section = Report.Section(
      title: "What it learnt from",
      note:
        "\(rows.count) of \(count(training.count, "training")), the worst first, with the scribbles that were all it was "
        + "told about them\(masks == nil ? "" : "; the ground truth was not used").",
      rows: order.map { rows[$0] })
    return (section, agreement)
  }

  /// As many items as the page shows, spread evenly.
  private func spread(_ dataset: SegmentationDataset) -> [SegmentationDataset.Item] {
    let shown = min(limit, dataset.count)
    return (0..<shown).map { dataset.items[$0 * dataset.count / shown] }
  }

  private func row(_ sample: Sample, _ groundTruth: LabelMap?) throws -> (row: ReportRow, labels: LabelMap) {
    let photograph = sample.image
    let (labels, annotationProbability) = try prediction(of: photograph)
    var matrix = ConfusionMatrix(classCount: experiment.classes.count)
    if let groundTruth { try matrix.add(prediction: labels, groundTruth: groundTruth) }
    let row = ReportRow(
      name: sample.id, score: matrix.meanIoU.map { .meanIoU($0) }, photograph: photograph, prediction: labels,
      groundTruth: groundTruth, scribbles: sample.scribbles,
      annotationProbability: annotationProbability.map {
        Image(heat: $0, width: photograph.width, height: photograph.height)
      },
      side: limit <= 100 ? ReportRow.side : ReportRow.side / 2)
    return (row, labels)
  }

  /// The labels of a photograph, and where scribbles were learnt how probably each pixel carries one.
  private func prediction(of photograph: Image) throws -> (labels: LabelMap, annotationProbability: [Float]?) {
    let recipe = way ?? PredictionRecipe(.single)
    guard experiment.losses.learnScribbles else { return (try predictor(photograph, [recipe])[0].labels(), nil) }
    let seen = try predictor.withAnnotationProbability(photograph)
    let labels = recipe == PredictionRecipe(.single) ? seen.prediction : try predictor(photograph, [recipe])[0]
    return (try labels.labels(), seen.annotationProbability)
  }

  /// The ground truth of a training image, of which training itself knows nothing; nil where there is none that fits.
  private func groundTruth(of sample: Sample, in shown: SegmentationDataset) -> LabelMap? {
    guard let item = shown.item(sample.id) else { return nil }
    return (try? shown.load(item))?.groundTruth
  }

  // MARK: Numbers

  private func charts() throws -> [LineChart] {
    let entries = try MetricsFile.read(experiment.folder.metrics)
    func series(_ name: String, _ value: (MetricsEntry) -> Double?) -> LineChart.Series {
      .init(name, entries.compactMap { entry in value(entry).map { .init(Double(entry.iteration), $0) } })
    }
    let parts = experiment.recordedLosses
    let explanations = parts.map { "\($0.title.prefix(1).uppercased())\($0.title.dropFirst()): \($0.explanation)." }
    let losses = LineChart(
      title: "Losses", xLabel: "step", yLabel: "loss", scale: .logarithmic, isSmoothed: true,
      series: parts.map { loss in series(loss.title) { $0.values[loss.metricsKey] } },
      note: "Errors on the training photographs; lower is better, and all should fall and level off. "
        + explanations.joined(separator: " "))
    let validation = LineChart(
      title: "Validation", xLabel: "step", yLabel: "mIoU %",
      series: [series("mIoU") { $0.meanIoU.map { $0 * 100 } }], leastSpan: 20,
      note: "mIoU of the validation photographs, which the network does not learn from; higher is better.")
    return validation.series[0].points.isEmpty ? [losses] : [losses, validation]
  }

  private func advice(isMeasured: Bool) -> [Report.Advice] {
    let (folder, weights) = (experiment.folder, experiment.bestWeights ?? experiment.folder.lastCheckpoint)
    var advice = [
      Report.Advice(
        "Label photographs with what was learnt:",
        code: shellText(["blpseg", "predict", "PHOTOGRAPHS", "--weights", weights, "--out", "masks"])),
      Report.Advice(
        "Where a prediction is wrong, draw a few strokes of the right class on that kind of place, and train again into "
          + "another folder:",
        code: shellText(["blpseg", "train", folder.settings, "--set", "output=\(folder.path)-2"])),
    ]
    if !isMeasured {
      advice.append(
        Report.Advice(
          "To know how good it is, trace the ground truth of a few photographs that it does not learn from, name their "
            + "masks and their list in data.masks and data.validation_list, and evaluate:",
          code: shellText(["blpseg", "evaluate", folder.settings, "--weights", weights])))
    }
    return advice
  }

  /// "1 photograph", "68 training photographs"
  private func count(_ number: Int, _ kind: String = "") -> String {
    "\(number) \(kind.isEmpty ? "" : "\(kind) ")photograph\(number == 1 ? "" : "s")"
  }

  private func text(seconds: Double) -> String {
    if seconds < 90 { return "\(Int(seconds.rounded())) s" }
    return seconds < 5400 ? String(format: "%.1f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
  }
}

/// Which images of a data set a report shows: all, or those with the lowest and the highest scores.
package struct ReportSelection: Equatable {
  /// Indices of images, the worst first.
  package let worst: [Int]
  /// Indices of further images, the best first; empty where `worst` has all.
  package let best: [Int]

  /// At most `limit` images by their scores, which are nil where nothing could be compared: these come last.
  package init(_ scores: [Double?], limit: Int) {
    let ascending = scores.indices.sorted { left, right in
      switch (scores[left], scores[right]) {
      case (let a?, let b?): a == b ? left < right : a < b
      case (_?, nil): true
      case (nil, _?): false
      case (nil, nil): left < right
      }
    }
    guard scores.count > limit else {
      (worst, best) = (ascending, [])
      return
    }
    let scored = ascending.filter { scores[$0] != nil }
    worst = Array(scored.prefix((limit + 1) / 2))
    best = Array(scored.dropFirst(worst.count).suffix(limit / 2).reversed())
  }
}
