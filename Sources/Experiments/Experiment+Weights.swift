import Files
import Foundation
import Images
import Models
import Prediction
import Settings
import Tensors

// The weights that an experiment has learnt, or that are given in their place.

extension Experiment {
  /// How the settings have images predicted.
  var predictionRecipe: PredictionRecipe {
    PredictionRecipe(views, crf: settings.evaluation.crf ? settings.evaluation.crfConstants : nil)
  }

  /// A predictor with a file of weights, or with the run's best where none is named, and the path.
  ///
  /// Throws where it predicts other classes than the settings name.
  func trainedPredictor(
    _ weights: String?, _ views: Views, _ warn: (FileWarning) -> Void
  ) throws -> (predictor: Predictor, path: String) {
    guard let path = weights ?? bestWeights else {
      throw FileError(folder.path, .missing, "holds no weights; train first, or name a file with --weights")
    }
    LibTorch.expectManySizes()
    let trained = try TrainedNetwork(path, on: device)
    trained.warnings.forEach(warn)
    try requireSameClasses(as: trained, path: path)
    return (try predictor(trained.network, views), path)
  }

  /// The run's best checkpoint, or its last where there was no validation; nil before the first of them.
  public var bestWeights: String? {
    [folder.bestCheckpoint, folder.lastCheckpoint].first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Throws where weights predict other classes than the settings name, or the same in another order; weights that name
  /// none pass.
  func requireSameClasses(as trained: TrainedNetwork, path: String) throws(FileError) {
    let count = trained.network.architecture.classCount
    guard count == classes.count else {
      throw .invalid(path, "predicts \(count) classes, and data.classes names \(classes.count)")
    }
    if let names = trained.classes, let difference = ClassDifference(trained: names, named: classes.names) {
      throw .invalid(path, "\(difference)")
    }
  }
}

/// How the classes that weights were trained for differ from those of a class list.
struct ClassDifference: CustomStringConvertible {
  private let trained: [String]
  private let named: [String]

  /// Nil where both are the same.
  init?(trained: [String], named: [String]) {
    if trained == named { return nil }
    (self.trained, self.named) = (trained, named)
  }

  /// What differs, and how to go on with the weights' own classes.
  var description: String {
    if trained.count != named.count {
      return "was trained for \(trained.count) classes, and data.classes names \(named.count); \(advice)"
    }
    let place = zip(trained, named).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
    let kind =
      trained.sorted() == named.sorted()
      ? "the same classes in another order"
      : "\(zip(trained, named).count { $0 != $1 }) of \(named.count) names differ"
    return "was trained with class \(place) being \"\(shortened(trained[place]))\", and data.classes names "
      + "\"\(shortened(named[place]))\" there (\(kind)), so that results would stand under wrong names; \(advice)"
  }

  private var advice: String {
    var data = DataSettings()
    data.classes = .names(trained)
    let line = data.yamlLines.first { $0.hasPrefix("classes: ") } ?? ""
    let list = line.dropFirst("classes: ".count)
    return list.count <= 200
      ? "to keep the classes of the weights: --set 'data.classes=\(list)'"
      : "to keep the classes of the weights, give data.classes as 'blpseg inspect checkpoint' lists them"
  }
}
