import Datasets
import Evaluation
import Foundation
import Images
import Prediction
import Tensors
import Training

/// The page about a finished run: what was learnt, in pictures and numbers.
struct ExperimentReport {
  private let experiment: Experiment
  private let predictor: Predictor
  private let result: EvaluationResult
  private let progress: TrainingProgress
  private let shown: SegmentationDataset?

  init(
    _ experiment: Experiment, _ predictor: Predictor, _ result: EvaluationResult, _ progress: TrainingProgress
  ) throws {
    shown = try experiment.shownSet()
    self.experiment = experiment
    self.predictor = predictor
    self.result = result
    self.progress = progress
  }

  /// Writes `report.html` in the run's folder, with images spread evenly over each data set.
  func write(_ training: SegmentationDataset, _ validation: SegmentationDataset) throws {
    let settings = experiment.settings
    let report = Report(
      title: settings.name,
      summary: "Learnt from scribbles on \(training.count) photographs, evaluated on \(validation.count) others.",
      keyNumbers: [
        .init("mIoU", Percent.text(result.meanIoU)), .init("pixel accuracy", Percent.text(result.pixelAccuracy)),
        .init("training", duration(progress.seconds)), .init("steps", "\(progress.iteration)"),
        .init("backbone", settings.model.backbone.rawValue),
      ],
      charts: try charts(), evaluation: result, classes: experiment.classes.names,
      sections: [
        .init(
          title: "Photographs it has never seen",
          note: "Validation images. The annotation probability map says how likely the network thinks each pixel is "
            + "to be scribbled on: bright is likely.",
          rows: try rows(validation)),
        .init(
          title: "What it learnt from",
          note:
            "Training images with the scribbles that were all it was told about them; the ground truth was not used.",
          rows: try rows(training)),
      ],
      settings: settings.resolvedYAML)
    try report.write(to: experiment.folder.report)
  }

  private func rows(_ dataset: SegmentationDataset) throws -> [ReportRow] {
    let count = min(experiment.settings.evaluation.reportImages, dataset.count)
    return try (0..<count).map { try row(dataset.load(dataset.items[$0 * dataset.count / count])) }
  }

  private func row(_ sample: Sample) throws -> ReportRow {
    let photograph = sample.image
    let (prediction, annotation) = try predictor.withAnnotationProbability(photograph)
    let labels = try prediction.labels()
    let groundTruth = sample.groundTruth ?? mask(of: sample)
    var matrix = ConfusionMatrix(classCount: experiment.classes.count)
    if let groundTruth { try matrix.add(prediction: labels, groundTruth: groundTruth) }
    return ReportRow(
      name: sample.id, meanIoU: matrix.meanIoU, photograph: photograph,
      scribbles: sample.scribbles.map { photograph.drawing(scribbles: $0) },
      annotationProbability: Image(heat: annotation, width: photograph.width, height: photograph.height),
      prediction: photograph.overlaid(with: labels), groundTruth: groundTruth.map { photograph.overlaid(with: $0) })
  }

  /// The ground truth of a training image, of which training itself knows nothing; nil where there is none that fits.
  private func mask(of sample: Sample) -> LabelMap? {
    guard let shown, let item = shown.item(sample.id) else { return nil }
    return (try? shown.load(item))?.groundTruth
  }

  private func charts() throws -> [LineChart] {
    let entries = try MetricsFile.read(experiment.folder.metrics)
    func series(_ name: String, _ value: (MetricsEntry) -> Double?) -> LineChart.Series {
      .init(name, entries.compactMap { entry in value(entry).map { .init(Double(entry.iteration), $0) } })
    }
    let losses = LineChart(
      title: "Losses", xLabel: "step", yLabel: "loss", scale: .logarithmic, isSmoothed: true,
      series: [series("scribble loss", \.scribbleLoss), series("BLP loss", \.segmentationLoss)])
    let validation = LineChart(
      title: "Validation", xLabel: "step", yLabel: "mIoU %",
      series: [series("mIoU") { $0.meanIoU.map { $0 * 100 } }])
    return validation.series[0].points.isEmpty ? [losses] : [losses, validation]
  }

  private func duration(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds.rounded())) s" : "\((seconds / 6).rounded() / 10) min"
  }
}
