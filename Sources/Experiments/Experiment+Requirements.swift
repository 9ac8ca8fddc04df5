import Datasets
import Files

// What training and evaluation ask of settings and checkpoints before they begin.

extension Experiment {
  /// Throws where a step would see too few images to normalise by.
  func requireBatch() throws(SettingsError) {
    guard settings.training.batchSize < 2 else { return }
    throw SettingsError(
      source: "training.batch_size",
      problem:
        "is \(settings.training.batchSize), and a single image has no variance after the pooling to 1 x 1, which "
        + "batch normalisation divides by; choose at least 2")
  }

  /// Throws where the run that a checkpoint holds was one of other classes, or of another network.
  func requireSameRun(as metadata: CheckpointMetadata, path: String) throws(FileError) {
    if let difference = ClassDifference(trained: metadata.classes, named: classes.names) {
      throw .invalid(path, "\(difference), or start a new run in another folder with --set output=FOLDER")
    }
    let differences = settings.model.differences(from: metadata.settings.model)
      .filter { text in ModelSettings.shapingKeys.contains { text.hasPrefix("\($0) ") } }
    guard differences.isEmpty else {
      throw .invalid(
        path,
        "holds another network than the settings: \(differences.map { "model.\($0)" }.joined(separator: "; ")); "
          + "give the values it was made with, or start a new run in another folder with --set output=FOLDER")
    }
  }

  /// Throws where weights predict other classes than the settings name, or the same in another order; weights that name
  /// none pass.
  func requireSameClasses(as trained: TrainedNetwork, path: String) throws(FileError) {
    let count = trained.network.configuration.classCount
    guard count == classes.count else {
      throw .invalid(path, "predicts \(count) classes, and data.classes names \(classes.count)")
    }
    if let names = trained.classes, let difference = ClassDifference(trained: names, named: classes.names) {
      throw .invalid(path, "\(difference)")
    }
  }
}

extension ModelSettings {
  /// Settings that decide the shapes of the network's tensors.
  fileprivate static let shapingKeys = ["backbone", "decoder_width"]
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
