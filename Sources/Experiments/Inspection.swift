import Checkpoints
import Datasets
import Files
import Foundation
import Layers
import Networks
import Tensors
import Training

/// What files and settings hold, in words.
public enum Inspection {
  /// A file of weights: what network it is, how far it was trained, its tensors.
  public static func checkpoint(_ path: String, listingTensors: Bool) throws -> String {
    let state = try WeightsFile.read(path) { BLPSeg.isDropped($0) }
    let own = state.filter { !TrainingCheckpoint.isExtra($0.name) }
    let shapes = Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.tensor.shape) })
    var lines = ["file        \(path)"]
    if let metadata = try CheckpointMetadata(state.metadata, path: path) {
      lines.append("experiment  \(metadata.settings.name)")
      lines.append("classes     \(metadata.classes.joined(separator: ", "))")
    }
    do {
      let network = try BLPSegConfiguration(inferredFrom: shapes)
      lines.append(
        "network     BLPSeg, backbone \(network.backbone.rawValue), \(network.classCount) classes, "
          + "decoder width \(network.decoderWidth)")
    } catch {
      lines.append("network     unknown: \(error.problem)")
    }
    if let progress = TrainingCheckpoint.progress(in: state.metadata) {
      lines.append("trained     \(progress.iteration) steps, \(Int(progress.seconds)) s")
      if let best = progress.bestMeanIoU { lines.append("best mIoU   \((best * 10_000).rounded() / 100) %") }
    }
    let elements = own.reduce(0) { $0 + $1.tensor.elementCount }
    lines.append("tensors     \(own.count) with \(elements) numbers; \(state.count - own.count) more for training")
    if listingTensors {
      lines += own.map { "  \($0.name) \($0.tensor.shape) \($0.tensor.type)" }
    }
    return lines.joined(separator: "\n")
  }

  /// The network that settings describe: its parts with their parameter counts.
  public static func model(_ experiment: Experiment) throws -> String {
    let network = try experiment.makeNetwork(loadingBackbone: false)
    var parts: [(name: String, count: Int)] = []
    for entry in network.store.parameters {
      let part = String(entry.name.prefix { $0 != "." })
      if parts.last?.name != part { parts.append((part, 0)) }
      parts[parts.count - 1].count += entry.tensor.elementCount
    }
    let total = parts.reduce(0) { $0 + $1.count }
    let rows = parts.map { "  \($0.name.padding(toLength: 16, withPad: " ", startingAt: 0))\($0.count)" }
    let configuration = experiment.configuration
    let heading =
      "BLPSeg, backbone \(configuration.backbone.rawValue), \(configuration.classCount) classes, "
      + "decoder width \(configuration.decoderWidth): \(total) parameters"
    return ([heading] + rows).joined(separator: "\n")
  }

  /// The training and validation images that settings name.
  public static func dataset(_ experiment: Experiment) throws -> String {
    var parts = ["training: \(try DatasetSummary(of: experiment.trainingSet()))"]
    if let validation = try experiment.validationSet() {
      parts.append("validation: \(try DatasetSummary(of: validation))")
    }
    return parts.joined(separator: "\n\n")
  }
}
