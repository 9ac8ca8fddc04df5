import Checkpoints
import Datasets
import Files
import Images
import Layers
import Networks
import Settings
import Tensors
import Training

/// A network with the weights of a file, and what the file says about it.
public struct TrainedNetwork {
  public let network: any TrainedWeights
  /// Class names, where the file carries them; as many as the network has classes.
  public let classes: [String]?
  /// Warnings about the file.
  public let warnings: [FileWarning]
  /// What the classes are called and how they look.
  public let appearance: ClassAppearance
  /// How its experiment evaluates it, where the file says so; the published way for other files.
  public let evaluation: EvaluationSettings
  /// The longer side that its experiment reduces larger photographs to, in pixels; nil where it does not.
  public let maxSide: Int?
  /// The sizes that it has learnt from, where the file says so.
  package let learntSize: LearntSize?

  /// Reads our checkpoints, safetensors and reference .pth state dicts.
  ///
  /// Backbone, classes and decoder width are read off names and shapes; the rest comes from the settings that our
  /// checkpoints carry, and takes the published values for other files.
  public init(_ path: String, on device: Device) throws {
    let state = try WeightsFile.read(path) { BLPSeg.isDropped($0) || TrainingCheckpoint.isExtra($0) }
    let metadata = try CheckpointMetadata(state.metadata, path: path)
    let shapes = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor.shape) })
    do {
      let tensors = state.map { ($0.name, $0.tensor) }
      let model = metadata?.settings.model
      network =
        if FrozenFeaturesConfiguration.recognises(shapes) {
          try Self.features(tensors, shapes, model, on: device, path)
        } else if FeaturePyramidConfiguration.recognises(shapes) {
          try Self.pyramid(tensors, shapes, model, on: device, path)
        } else {
          try Self.blpseg(tensors, shapes, model, on: device, path)
        }
      if let fault = try NonFiniteTensors(state) {
        throw FileError.invalid(path, "\(fault); nothing can be predicted with it, use another checkpoint")
      }
    } catch let error as UnknownNetwork {
      let found = KnownWeights(shapes).map { "holds \($0), and" } ?? "\(error);"
      throw FileError.invalid(path, "\(found) a checkpoint of this program or of the published one was expected")
    } catch let error as ParameterMismatch {
      throw FileError.invalid(path, "\(error)")
    }
    classes = metadata?.classes
    warnings = state.warnings
    appearance = ClassAppearance(
      names: metadata?.classes,
      colors: metadata?.colors ?? ClassList.colors(ofUnnamed: network.architecture.classCount))
    evaluation = metadata?.settings.evaluation ?? EvaluationSettings()
    maxSide = metadata?.settings.data.augmentation.maxSide
    learntSize = metadata?.typicalSide.map(LearntSize.init)
    if let classes, classes.count != network.architecture.classCount {
      throw FileError.invalid(
        path, "names \(classes.count) classes and predicts \(network.architecture.classCount); it is damaged")
    }
  }

  private static func blpseg(
    _ tensors: [(name: String, tensor: Tensor)], _ shapes: [String: [Int]], _ model: ModelSettings?,
    on device: Device, _ path: String
  ) throws -> BLPSeg {
    var configuration = try BLPSegConfiguration(inferredFrom: shapes)
    try requireSize(configuration, shapes, path)
    if let network = model?.network {
      configuration.localAggregation = network.localAggregation
      configuration.sigma = network.sigma
      configuration.dropout = network.dropout
    }
    let network = try BLPSeg(configuration, ParameterStore(device: device))
    try network.load(tensors)
    return network
  }

  private static func pyramid(
    _ tensors: [(name: String, tensor: Tensor)], _ shapes: [String: [Int]], _ model: ModelSettings?,
    on device: Device, _ path: String
  ) throws -> FeaturePyramid {
    var configuration = try FeaturePyramidConfiguration(inferredFrom: shapes)
    try requireClasses(configuration.classCount, path)
    if let model {
      configuration.outputStride = model.outputStride
      configuration.tagWeight = model.features.tagWeight
      configuration.sigma = model.network.sigma
      configuration.dropout = model.network.dropout
    }
    let network = try FeaturePyramid(configuration, ParameterStore(device: device))
    try network.load(tensors)
    return network
  }

  private static func features(
    _ tensors: [(name: String, tensor: Tensor)], _ shapes: [String: [Int]], _ model: ModelSettings?,
    on device: Device, _ path: String
  ) throws -> FrozenFeaturesNetwork {
    var configuration = try FrozenFeaturesConfiguration(inferredFrom: shapes)
    try requireClasses(configuration.classCount, path)
    if let features = model?.features {
      guard features.scales.count == configuration.scales.count else {
        throw FileError.invalid(
          path,
          "has features of \(configuration.scales.count) scales and settings of \(features.scales.count); it is damaged"
        )
      }
      (configuration.scales, configuration.tagWeight) = (features.scales, features.tagWeight)
    }
    let network = try FrozenFeaturesNetwork(configuration, ParameterStore(device: device))
    try network.load(tensors)
    return network
  }

  /// Throws for a network larger than the file could hold the weights of, before memory is taken for it.
  private static func requireSize(
    _ configuration: BLPSegConfiguration, _ shapes: [String: [Int]], _ path: String
  ) throws(FileError) {
    let width = configuration.decoderWidth
    try requireClasses(configuration.classCount, path)
    guard shapes["seg_head.0.weight"] == [width, width, 1, 1] else {
      throw .invalid(path, "has a seg_head whose layers do not fit each other; it is damaged")
    }
  }

  private static func requireClasses(_ classes: Int, _ path: String) throws(FileError) {
    guard ClassList.possibleCounts.contains(classes) else {
      throw .invalid(path, "predicts \(classes) classes; masks hold from 2 to \(ClassList.possibleCounts.upperBound)")
    }
  }
}

extension ClassList {
  /// How many classes there can be: one label is "ignored", and in training another "unlabelled".
  static let possibleCounts = 2...254
}

/// What the classes of a network are called and how they look.
public struct ClassAppearance: Sendable {
  /// Nil where the weights do not say.
  public let names: [String]?
  public let colors: ColorMap

  /// The name of a class, or its label.
  package func name(_ label: Int) -> String {
    guard let names, names.indices.contains(label) else { return "\(label)" }
    return names[label]
  }
}

extension Image {
  /// The photograph with predicted classes drawn over it, and a legend of those that are there.
  package func overlay(of labels: LabelMap, _ classes: ClassAppearance) -> Image {
    let present = labels.isPresent
    let shown = (1..<Int(Label.ignored)).filter { present[$0] }
    // The background has no colour in the picture; it is named where nothing else is.
    let entries = (shown.isEmpty ? [0] : shown).map { LegendEntry(classes.name($0), classes.colors[UInt8($0)]) }
    return overlaid(with: labels, colors: classes.colors).adding(legend: entries, sparing: labels)
  }
}

/// How large the photographs were that a network was trained on, as it saw them.
package struct LearntSize: Sendable, Equatable {
  /// From how many times the typical longer side on a photograph is doubted.
  ///
  /// Training sees photographs at 0.75 to 1.25 of their size, and prediction at 0.5 to 1.25 of its own: of one twice as
  /// large the smallest view still has the size that was learnt, of a larger one none has.
  package static let doubtedFactor = 2

  /// The median of the longer sides, in pixels.
  package let typicalSide: Int

  package init(typicalSide: Int) { self.typicalSide = typicalSide }

  /// Whether a photograph of this size, of which at most `maxSide` pixels per side are used, is too large to be predicted well.
  package func isExceeded(width: Int, height: Int, maxSide: Int?) -> Bool {
    let side = max(width, height)
    return min(side, maxSide ?? side) > Self.doubtedFactor * typicalSide
  }
}

/// What our checkpoints say beside their tensors: the settings, and the classes by name and colour.
package struct CheckpointMetadata {
  private static let settingsKey = "settings"
  private static let classesKey = "classes"
  private static let typicalSideKey = "typical_side"
  private static let colorsKey = "class_colors"
  private static let softwareKey = "software"

  package let settings: ExperimentSettings
  package let classes: [String]
  /// The typical longer side of the training photographs as the network saw them, in pixels; nil where it is not known.
  package let typicalSide: Int?
  /// The colours of the classes; those that their names have by default where the file does not say.
  package let colors: ColorMap

  package init(_ settings: ExperimentSettings, classes: ClassList, typicalSide: Int?) {
    self.settings = settings
    self.classes = classes.names
    self.typicalSide = typicalSide
    colors = classes.colors
  }

  /// Reads it from a file's metadata; nil where the file carries none. Throws for settings that cannot be read.
  package init?(_ entries: [String: String], path: String) throws(FileError) {
    guard let yaml = entries[Self.settingsKey], let names = entries[Self.classesKey] else { return nil }
    do {
      settings = try ExperimentSettings.parse(yaml, source: path)
    } catch {
      throw .invalid(path, "carries settings that cannot be read: \(error.problem)")
    }
    classes = names.split(separator: "\n").map(String.init)
    typicalSide = entries[Self.typicalSideKey].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    guard let colors = entries[Self.colorsKey] else {
      self.colors = ClassList.colors(of: classes)
      return
    }
    let own = colors.split(separator: "\n").compactMap { Color(hex: String($0)) }
    guard own.count == classes.count else {
      throw .invalid(path, "names \(classes.count) classes and gives \(own.count) colours; it is damaged")
    }
    let byLabel = Dictionary(uniqueKeysWithValues: own.enumerated().map { ($0.offset, $0.element) })
    self.colors = ClassList.colors(of: classes, byLabel)
  }

  /// As a safetensors file keeps it.
  package var entries: [String: String] {
    var entries = [
      Self.settingsKey: settings.resolvedYAML, Self.classesKey: classes.joined(separator: "\n"),
      Self.colorsKey: classes.indices.map { colors[UInt8(clamping: $0)].hex }.joined(separator: "\n"),
      Self.softwareKey: "blpseg, LibTorch \(LibTorch.version)",
    ]
    if let typicalSide { entries[Self.typicalSideKey] = String(typicalSide) }
    return entries
  }
}
