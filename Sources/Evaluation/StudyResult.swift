import Files
import Foundation

/// The results of a study, over the runs that are finished: the contents of `study.json`.
package struct StudyResult: Sendable, Equatable, Codable {
  /// A curve for each cell, the mean over its finished runs.
  package struct Curves: Sendable, Equatable, Codable {
    package struct Line: Sendable, Equatable, Codable {
      /// Name of the cell.
      package let cell: String
      /// Ascending epochs or steps.
      package let x: [Double]
      /// A value for each of them.
      package let y: [Double]

      package init(cell: String, x: [Double], y: [Double]) {
        precondition(x.count == y.count, "each value has a place")
        (self.cell, self.x, self.y) = (cell, x, y)
      }
    }

    package let title: String
    /// "epoch" or "step".
    package let over: String
    /// Whether the values are ratios in 0...1; otherwise they are losses.
    package let areRatios: Bool
    package let lines: [Line]

    private enum CodingKeys: String, CodingKey {
      case title, over, lines
      case areRatios = "are_ratios"
    }

    package init(title: String, over: String, areRatios: Bool, lines: [Line]) {
      (self.title, self.over, self.areRatios, self.lines) = (title, over, areRatios, lines)
    }
  }

  package let name: String
  /// When it was written, as ISO 8601.
  package let time: String
  /// The command with its arguments.
  package let command: [String]
  /// Names of what computes, with their versions.
  package let software: [String: String]
  package let seeds: [Int]
  /// Name of the cell that the others are compared with.
  package let reference: String
  /// Class names in the order of their labels.
  package let classes: [String]
  /// In the order of the study's file.
  package let cells: [StudyCellResult]
  package let curves: [Curves]

  package init(
    name: String, time: String, command: [String], software: [String: String], seeds: [Int], reference: String,
    classes: [String], cells: [StudyCellResult], curves: [Curves]
  ) {
    self.name = name
    self.time = time
    self.command = command
    self.software = software
    self.seeds = seeds
    self.reference = reference
    self.classes = classes
    self.cells = cells
    self.curves = curves
  }

  /// Reads what `json` writes.
  package init(contentsOf path: String) throws(FileError) {
    let data = try InputFile.read(path)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .invalid(path, "is not the JSON of a study")
    }
  }

  /// Indented JSON with sorted keys.
  package func json() throws -> Data { try indentedJSON(self) }

  /// All runs, cell by cell.
  package var runs: [StudyRunResult] { cells.flatMap(\.runs) }

  /// Number of runs in a state.
  package func count(_ state: StudyRunResult.State) -> Int { runs.count { $0.state == state } }
}

/// What a study knows of one run.
package struct StudyRunResult: Sendable, Equatable, Codable {
  package enum State: String, Sendable, Codable {
    /// Trained and evaluated.
    case finished
    /// Ended by an error, which is kept in `problem`.
    case failed
    /// Begun, and either stopped or under way in another process.
    case begun
    /// Not begun.
    case missing
  }

  package let seed: Int
  package let folder: String
  package let state: State
  /// Why the run failed, or something after it, in a sentence.
  package let problem: String?
  /// Those of the validation images; nil unless the run is finished.
  package let figures: StudyFigures<Double>?
  /// Intersection over union of each class in 0...1, nil for a class that is not in the ground truth; empty unless the
  /// run is finished.
  package let iou: [Double?]
  /// IoU by distance to the scribbles of the training images; nil where it was not computed.
  package let distances: ScribbleDistanceResult?

  /// A run; `evaluation` is the result of a finished one.
  package init(
    seed: Int, folder: String, state: State, problem: String? = nil, evaluation: EvaluationResult? = nil,
    distances: ScribbleDistanceResult? = nil
  ) {
    self.seed = seed
    self.folder = folder
    self.state = state
    self.problem = problem
    figures = evaluation.map { StudyFigures($0) }
    iou = evaluation?.iou ?? []
    self.distances = distances
  }
}

/// One cell of a study: settings, and what came of them over all seeds.
package struct StudyCellResult: Sendable, Equatable, Codable {
  /// IoU at one range of distances to the scribbles.
  package struct Distance: Sendable, Equatable, Codable {
    /// Both ends in pixels, the upper one excluded; nil without an end.
    package let from: Double
    package let to: Double?
    /// The share of the pixels with ground truth that lie so far from a scribble.
    package let share: Double
    /// Of the mean IoU over the classes that occur there; nil where there are no pixels.
    package let meanIoU: SeedStatistics?

    private enum CodingKeys: String, CodingKey {
      case from, to, share
      case meanIoU = "mean_iou"
    }
  }

  package let name: String
  /// What the cell sets, as YAML by the names of the settings.
  package let settings: [String: String]
  /// One for each seed, in the order of the seeds.
  package let runs: [StudyRunResult]
  /// Over the finished runs.
  package let statistics: StudyFigures<SeedStatistics>
  /// Of each class, over the finished runs; empty where there is none.
  package let iou: [SeedStatistics?]
  /// To the reference cell, over the seeds that both have finished; nil for the reference itself.
  package let differences: StudyFigures<PairedDifference>?
  /// Over the runs whose distances were computed; empty where there is none.
  package let distances: [Distance]

  /// A cell; `reference` holds the runs of the reference cell, nil where this is the one.
  package init(
    name: String, settings: [String: String], runs: [StudyRunResult], reference: [StudyRunResult]?
  ) {
    self.name = name
    self.settings = settings
    self.runs = runs
    let finished = runs.filter { $0.figures != nil }
    statistics = StudyFigures { figure in SeedStatistics(finished.compactMap { $0.figures?[keyPath: figure] }) }
    iou = (finished.first?.iou ?? []).indices.map { label in
      SeedStatistics(finished.compactMap { $0.iou.indices.contains(label) ? $0.iou[label] : nil })
    }
    differences = reference.map { reference in
      StudyFigures { figure in
        PairedDifference(Self.bySeed(runs, figure), to: Self.bySeed(reference, figure))
      }
    }
    distances = Self.distances(runs.compactMap(\.distances).filter { $0.images > 0 })
  }

  private static func bySeed(
    _ runs: [StudyRunResult], _ figure: KeyPath<StudyFigures<Double>, Double?>
  ) -> [Int: Double] {
    let values = runs.compactMap { run in run.figures?[keyPath: figure].map { (run.seed, $0) } }
    return Dictionary(values) { first, _ in first }
  }

  private static func distances(_ results: [ScribbleDistanceResult]) -> [Distance] {
    // All of one length, unless files of another version are among them.
    let count = results.map(\.curve.bins.count).min() ?? 0
    return (0..<count).map { index in
      let bins = results.map { $0.curve.bins[index] }
      let shares = results.map { ratio($0.curve.bins[index].pixels, $0.curve.pixels) }
      return Distance(
        from: bins[0].from, to: bins[0].to, share: mean(shares) ?? 0,
        meanIoU: SeedStatistics(bins.compactMap(\.meanIoU)))
    }
  }
}

/// The figures by which a study compares, each in 0...1 or made of such; nil where there is none.
package struct StudyFigures<Value: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
  package var meanIoU: Value?
  package var meanBoundaryIoU: Value?
  package var pixelAccuracy: Value?

  private enum CodingKeys: String, CodingKey {
    case meanIoU = "mean_iou"
    case meanBoundaryIoU = "mean_boundary_iou"
    case pixelAccuracy = "pixel_accuracy"
  }

  package init(meanIoU: Value?, meanBoundaryIoU: Value?, pixelAccuracy: Value?) {
    self.meanIoU = meanIoU
    self.meanBoundaryIoU = meanBoundaryIoU
    self.pixelAccuracy = pixelAccuracy
  }

  /// One value for each figure, made by `value` from where the figure is kept.
  init(_ value: (KeyPath<StudyFigures<Double>, Double?>) -> Value?) {
    self.init(
      meanIoU: value(\.meanIoU), meanBoundaryIoU: value(\.meanBoundaryIoU), pixelAccuracy: value(\.pixelAccuracy))
  }
}

extension StudyFigures<Double> {
  /// The figures of an evaluation.
  package init(_ result: EvaluationResult) {
    self.init(
      meanIoU: result.meanIoU, meanBoundaryIoU: result.meanBoundaryIoU, pixelAccuracy: result.pixelAccuracy)
  }
}
