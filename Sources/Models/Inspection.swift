import Checkpoints
import Files
import Foundation
import Layers
import Networks
import Settings
import Tensors
import Training

/// What files and settings hold, in words.
package enum Inspection {
  /// A file of weights: what network it is, how far it was trained, its tensors.
  package static func checkpoint(_ path: String, listingTensors: Bool) throws -> String {
    let state = try WeightsFile.read(path, toleratingDamage: true) { $0 == BLPSeg.distanceTable }
    let metadata = state.metadata
    let tensors = state.map { TensorDescription(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.type) }
    let own = tensors.filter { !TrainingCheckpoint.isExtra($0.name) }
    let shapes = Dictionary(own.map { ($0.name, $0.shape) }) { first, _ in first }
    var facts = [("file", path)]
    let known = try CheckpointMetadata(metadata, path: path)
    if let known {
      facts.append(("experiment", known.settings.name))
      facts.append(("classes", known.classes.joined(separator: ", ")))
    }
    do {
      facts.append(("network", try network(shapes, known?.settings.model)))
    } catch {
      let owner = KnownWeights(shapes).map { "; they are those of \($0)" } ?? ""
      facts.append(("network", "unknown: \(error.problem)\(owner)"))
    }
    if let progress = TrainingCheckpoint.progress(in: metadata) {
      facts.append(("trained", "\(progress.iteration) steps in \(seconds(progress.seconds)) s"))
      if let best = progress.bestMeanIoU { facts.append(("best mIoU", String(format: "%.2f %%", best * 100))) }
    }
    let extra = tensors.count - own.count
    facts.append(
      (
        "tensors",
        "\(own.count) with \(elements(own)) numbers"
          + (extra > 0 ? "; \(extra) more to continue training from" : "")
      ))
    facts += state.warnings.map { ("warning", $0.problem) }
    if let fault = try NonFiniteTensors(state) { facts.append(("not finite", "\(fault)")) }
    var lines = facts.map { "\($0.0.padding(toLength: 12, withPad: " ", startingAt: 0))\($0.1)" }
    if listingTensors { lines += own.map { "  \($0.name) \($0.shape) \($0.type)" } }
    return lines.map(\.printable).joined(separator: "\n")
  }

  /// What network tensors of these shapes are of; of frozen features the settings tell the scales.
  private static func network(_ shapes: [String: [Int]], _ model: ModelSettings?) throws(UnknownNetwork) -> String {
    if FeaturePyramidConfiguration.recognises(shapes) {
      return "\(try FeaturePyramidConfiguration(inferredFrom: shapes))"
    }
    guard FrozenFeaturesConfiguration.recognises(shapes) else {
      return "\(try BLPSegConfiguration(inferredFrom: shapes))"
    }
    var configuration = try FrozenFeaturesConfiguration(inferredFrom: shapes)
    if let features = model?.features { configuration.scales = features.scales }
    return "\(configuration)"
  }

  /// The network that settings describe: its parts with their parameter counts.
  package static func model(_ settings: ExperimentSettings) throws -> String {
    let classes = try settings.data.classList().count
    let description = settings.model.description(classCount: classes)
    guard settings.model.kind == .frozenFeatures else {
      return text(
        of: try settings.makeNetwork(classCount: classes, on: .cpu, loadingBackbone: false).store, description)
    }
    let network = try settings.makeFeaturesNetwork(classCount: classes, on: .cpu, loadingBackbone: false)
    return text(of: network.store, description)
  }

  private static func text(of store: ParameterStore, _ description: String) -> String {
    var parts: [(name: String, count: Int)] = []
    for entry in store.parameters {
      let part = String(entry.name.prefix { $0 != "." })
      if parts.last?.name != part { parts.append((part, 0)) }
      parts[parts.count - 1].count += entry.tensor.elementCount
    }
    let total = parts.reduce(0) { $0 + $1.count }
    let width = "\(total)".count
    let rows = parts.map { part in
      let count = String(repeating: " ", count: width - "\(part.count)".count) + "\(part.count)"
      return "  \(part.name.padding(toLength: 16, withPad: " ", startingAt: 0))\(count)"
    }
    return (["\(description): \(total) parameters"] + rows).joined(separator: "\n")
  }

  /// As a file may claim more than there can be, numbers are counted in floating point.
  private static func elements(_ tensors: [TensorDescription]) -> String {
    String(format: "%.0f", tensors.reduce(0.0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } })
  }

  private static func seconds(_ seconds: Double) -> String { String(format: "%.0f", seconds) }
}
