import Datasets
import Foundation
import Processes
import Settings
import Tensors
import Training

extension Experiment {
  /// Throws unless process 0 has the same settings, classes and software, as far as they decide what is learnt.
  ///
  /// To be called by all processes; paths, threads and the number of a device may differ.
  func requireSameExperiment(_ monitor: ProcessMonitor) throws {
    let own = SharedExperiment(self)
    let text = try monitor.broadcast { String(decoding: try JSONEncoder().encode(own), as: UTF8.self) }
    guard !isFirst else { return }
    let first = try JSONDecoder().decode(SharedExperiment.self, from: Data(text.utf8))
    try requireNone(of: own.differences(from: first))
  }

  /// Throws unless process 0 trains on the same photographs and scribbles, as far as names and sizes of files tell.
  ///
  /// To be called by all processes.
  func requireSameFiles(_ training: SegmentationDataset, _ monitor: ProcessMonitor) throws {
    let own = SharedFiles(training)
    let text = try monitor.broadcast { String(decoding: try JSONEncoder().encode(own), as: UTF8.self) }
    guard !isFirst else { return }
    let first = try JSONDecoder().decode(SharedFiles.self, from: Data(text.utf8))
    try requireNone(of: own.difference(from: first).map { [$0] } ?? [])
  }

  private func requireNone(of differences: [String]) throws(SettingsError) {
    guard !differences.isEmpty else { return }
    throw SettingsError(
      source: "process \(launch?.rank ?? 0)",
      problem: differences.joined(separator: ", ") + "; start all processes with the same settings and data")
  }
}

/// What decides what is learnt, apart from the photographs.
struct SharedExperiment: Codable, Equatable {
  var software = Software.version
  var libTorch = LibTorch.version
  var device: String
  /// What the device computes in.
  var precision: String
  var classes: [String]
  /// As YAML.
  var settings: String

  init(_ experiment: Experiment) {
    device = experiment.device.kind.rawValue
    precision = experiment.precision.rawValue
    classes = experiment.classes.names
    // Not resolved: absolute paths would tell each process's own folder.
    settings = experiment.settings.shared.yamlLines.joined(separator: "\n")
  }

  /// Each difference from process 0's: "data.crop is 256 here and 384 in process 0".
  func differences(from first: SharedExperiment) -> [String] {
    func difference(_ name: String, _ here: String, _ there: String) -> String? {
      here == there ? nil : "\(name) is \(here) here and \(there) in process 0"
    }
    let versions = [
      difference("the version of blpseg", software, first.software),
      difference("the version of LibTorch", libTorch, first.libTorch),
    ].compactMap { $0 }
    // Settings of another version may not be readable.
    guard versions.isEmpty, let ours = try? ExperimentSettings.parse(settings, source: ""),
      let theirs = try? ExperimentSettings.parse(first.settings, source: "")
    else { return versions.isEmpty && settings != first.settings ? ["the settings are other ones"] : versions }
    var result = ours.valuesThatDiffer(from: theirs).compactMap { difference($0.name, $0.new, $0.old) }
    result += [difference("the kind of the device", device, first.device)].compactMap { $0 }
    if ours.training.precision == theirs.training.precision {
      result += [difference("the precision that the device computes in", precision, first.precision)].compactMap { $0 }
    }
    if classes.count != first.classes.count {
      result.append("there are \(classes.count) classes here and \(first.classes.count) in process 0")
    } else if let label = classes.indices.first(where: { classes[$0] != first.classes[$0] }) {
      result += [difference("class \(label)", classes[label], first.classes[label])].compactMap { $0 }
    }
    return result
  }
}

extension ExperimentSettings {
  /// The settings without what may differ between processes: paths, whose contents are compared, and what a machine has.
  var shared: ExperimentSettings {
    let standard = ExperimentSettings()
    var result = self
    result.name = standard.name
    result.output = standard.output
    result.device = standard.device
    result.threads = standard.threads
    // Process 0 reads the weights for all.
    result.model.backboneWeights = standard.model.backboneWeights
    result.data.root = standard.data.root
    result.data.images = standard.data.images
    result.data.scribbles = standard.data.scribbles
    result.data.masks = standard.data.masks
    result.data.trainList = standard.data.trainList
    result.data.validationList = standard.data.validationList
    result.data.classes = standard.data.classes
    result.data.labelNames = standard.data.labelNames
    result.data.workers = standard.data.workers
    return result
  }
}

/// The names of the training images in their order, and how large their files are.
struct SharedFiles: Codable, Equatable {
  struct Item: Codable, Equatable {
    let id: String
    /// Bytes of the photograph; 0 where its size cannot be told.
    let image: Int
    /// Bytes of the scribbles.
    let scribbles: Int
  }

  let items: [Item]

  init(_ items: [Item]) { self.items = items }

  init(_ dataset: SegmentationDataset) {
    func size(_ path: String) -> Int {
      var status = stat()
      return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
    items = dataset.items.map { Item(id: $0.id, image: size($0.image), scribbles: $0.scribbles.map(size) ?? 0) }
  }

  /// The first difference from process 0's files in words; nil where there is none.
  func difference(from first: SharedFiles) -> String? {
    if items.count != first.items.count {
      return "there are \(items.count) training images here and \(first.items.count) in process 0"
    }
    guard let index = items.indices.first(where: { items[$0] != first.items[$0] }) else { return nil }
    let (here, there) = (items[index], first.items[index])
    if here.id != there.id {
      return "training image \(index + 1) is \(here.id) here and \(there.id) in process 0"
    }
    return here.image != there.image
      ? "the photograph of \(here.id) has \(here.image) bytes here and \(there.image) in process 0"
      : "the scribbles of \(here.id) have \(here.scribbles) bytes here and \(there.scribbles) in process 0"
  }
}
