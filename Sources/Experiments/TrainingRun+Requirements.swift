import Datasets
import Files
import Images
import Models
import Settings

// What a run needs before it begins, and what its checkpoints say.

extension TrainingRun {
  /// Throws where a step would see too few images to normalise by.
  func requireBatch() throws(SettingsError) {
    guard experiment.settings.model.kind == .blpseg else { return }
    guard experiment.settings.training.batchSize < 2 else { return }
    throw SettingsError(
      source: "training.batch_size",
      problem:
        "is \(experiment.settings.training.batchSize), and a single image has no variance after the pooling to 1 x 1, which "
        + "batch normalisation divides by; choose at least 2")
  }

  /// Throws where the run that a checkpoint holds was one of other classes, or of another network.
  func requireSameRun(as metadata: CheckpointMetadata, path: String) throws(FileError) {
    if let difference = ClassDifference(trained: metadata.classes, named: experiment.classes.names) {
      throw .invalid(path, "\(difference), or start a new run in another folder with --set output=FOLDER")
    }
    let differences = experiment.settings.model.differences(from: metadata.settings.model)
      .filter { text in experiment.settings.model.shapingKeys.contains { text.hasPrefix("\($0) ") } }
    guard differences.isEmpty else {
      throw .invalid(
        path,
        "holds another network than the settings: \(differences.map { "model.\($0)" }.joined(separator: "; ")); "
          + "give the values it was made with, or start a new run in another folder with --set output=FOLDER")
    }
  }

  /// What checkpoints say beside their tensors.
  func checkpointMetadata(_ training: SegmentationDataset) -> [String: String] {
    CheckpointMetadata(
      experiment.settings, classes: experiment.classes,
      typicalSide: experiment.isFirst ? typicalSide(of: training) : nil
    ).entries
  }

  /// The median of the longer sides of the photographs, in pixels, after they are reduced; of at most 100 that are spread
  /// evenly over the list. Nil where none can be read.
  private func typicalSide(of training: SegmentationDataset) -> Int? {
    let count = min(100, training.count)
    let sides = (0..<count).compactMap { index -> Int? in
      let size = try? Image.size(ofFile: training.items[index * training.count / count].image)
      return size.map { max($0.width, $0.height) }
    }.sorted()
    guard !sides.isEmpty else { return nil }
    let median = sides[sides.count / 2]
    return min(median, experiment.settings.data.augmentation.maxSide ?? median)
  }
}

extension ModelSettings {
  /// Settings that decide the shapes of the network's tensors.
  fileprivate var shapingKeys: [String] {
    switch kind {
    case .blpseg: ["network", "backbone", "decoder_width"]
    case .featurePyramid: ["network", "backbone", "decoder_width", "output_stride", "local_aggregation"]
    case .frozenFeatures: ["network", "backbone", "feature_scales", "head_width"]
    }
  }
}
