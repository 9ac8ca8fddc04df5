import Checkpoints
import Files
import Foundation
import Networks
import Settings
import Training

/// Writes the weights of a file anew, for other programs or for this one, with names and elements as they are.
///
/// What continues a training, and what the published program keeps beside its weights, is left out.
package enum WeightsConversion {
  /// What was written, and what was not.
  package struct Summary: Sendable {
    package let tensors: [TensorDescription]
    /// Names in the input that are not weights.
    package let leftOut: [String]
    /// What was odd about the input; it is converted as it is.
    package let warnings: [FileWarning]
  }

  /// Writes a safetensors file with the weights of any file that is read here; settings and classes that the input
  /// carries stay with them.
  ///
  /// Throws `FileError`, and then leaves `output` as it was.
  package static func importWeights(_ input: String, to output: String) throws -> Summary {
    let (state, summary) = try read(input, for: output)
    try Safetensors.write(state, to: output)
    return summary
  }

  /// Writes a state dict that `torch.load(output, weights_only=True)` reads with the weights of any file that is read
  /// here.
  ///
  /// The published program loads only files with its distance table; `addingDistanceTable` adds it, 340 MB. Throws
  /// `FileError`, and then leaves `output` as it was.
  package static func exportWeights(
    _ input: String, to output: String, addingDistanceTable: Bool = false
  ) throws -> Summary {
    let (state, summary) = try read(input, for: output)
    if addingDistanceTable { try requirePublishedAggregation(state, input) }
    let table = addingDistanceTable ? [DistanceTable.tensor] : []
    try PyTorchFile.write(state, adding: table, to: output)
    return Summary(
      tensors: summary.tensors + table.map(\.description), leftOut: summary.leftOut, warnings: summary.warnings)
  }

  private static func read(_ input: String, for output: String) throws -> (StateDict, Summary) {
    try requireTwoFiles(input, output)
    var leftOut: [String] = []
    let state = try WeightsFile.read(input) { name in
      guard BLPSeg.isDropped(name) || TrainingCheckpoint.isExtra(name) else { return false }
      leftOut.append(name)
      return true
    }
    guard !state.isEmpty else { throw FileError.invalid(input, "holds no weights; expected named tensors") }
    let tensors = state.map { TensorDescription(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.type) }
    var warnings = state.warnings
    if let fault = try NonFiniteTensors(state) {
      warnings.append(
        FileWarning(input, "\(fault); they are written as they are, and no network can predict with them"))
    }
    return (state, Summary(tensors: tensors, leftOut: leftOut, warnings: warnings))
  }

  /// Throws where both paths lead to one file, by whatever names: a conversion must not cost the original.
  private static func requireTwoFiles(_ input: String, _ output: String) throws(FileError) {
    var (first, second) = (stat(), stat())
    guard stat(input, &first) == 0, stat(output, &second) == 0 else { return }
    if first.st_dev == second.st_dev && first.st_ino == second.st_ino {
      throw .invalid(output, "is the file to be converted; give the result another name")
    }
  }

  /// Throws unless the weights are those of a network that was trained with the distance weights of the table.
  private static func requirePublishedAggregation(_ state: StateDict, _ path: String) throws {
    let shapes = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor.shape) })
    do {
      let network = try BLPSegConfiguration(inferredFrom: shapes)
      let model = try CheckpointMetadata(state.metadata, path: path)?.settings.model
      let trained = model?.network ?? network
      guard trained.localAggregation, trained.sigma == DistanceTable.sigma else {
        let found = trained.localAggregation ? "with sigma \(trained.sigma)" : "without local aggregation"
        throw FileError.invalid(
          path, "was trained \(found), the distance table is of sigma \(DistanceTable.sigma); export without the table")
      }
    } catch let error as UnknownNetwork {
      throw FileError.invalid(path, "\(error); the distance table is for those, export without it")
    }
  }
}

/// Weights of the distance between any two positions of a grid, as the published program keeps them.
private enum DistanceTable {
  /// The grid of a crop of 384 pixels.
  static let side = 96
  static let sigma = 6.0

  /// exp(-d^2 / (2 sigma^2)) for each pair of positions in row-major order: `[1, 9216, 9216]` float32.
  static var tensor: GeneratedTensor {
    let count = side * side
    let description = TensorDescription(name: BLPSeg.distanceTable, shape: [1, count, count], type: .float32)
    return GeneratedTensor(description) { take in
      let reach = side - 1
      let weights = (0...2 * reach * reach).map { Float(exp(-Double($0) / (2 * sigma * sigma))) }
      var row = [Float](repeating: 0, count: count)
      for source in 0..<count {
        for target in 0..<count {
          let (rows, columns) = (source / side - target / side, source % side - target % side)
          row[target] = weights[rows * rows + columns * columns]
        }
        try row.withUnsafeBytes(take)
      }
    }
  }
}

/// Files of weights that `Scripts/setup` installs and `make dist` packs.
package enum InstalledWeights {
  /// The path of a backbone's weights from ImageNet: in the folder or checkout that the program belongs to, or in
  /// the checkout that the current folder belongs to, so that the program can be run from any folder.
  package static func imageNet(of backbone: BackboneDescription) throws(FileError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path
    return try imageNet(of: backbone, near: [program.map(Path.folder), "."].compactMap { $0 })
  }

  /// The same, looked for in these folders and all that they lie in.
  package static func imageNet(
    of backbone: BackboneDescription, near folders: [String]
  ) throws(FileError) -> String {
    guard let installed = backbone.pretrained.installed else {
      throw FileError(
        "model.backbone_weights", .invalid, "is imagenet, which Scripts/setup does not install for \(backbone.name)")
    }
    let folders = folders.map(Path.absolute)
    for start in folders {
      var folder = start
      while true {
        // `make dist` packs the file into share/, without its classifier.
        let candidates = [installed, "share/\(Path.stem(of: installed)).safetensors"].map { Path.joined(folder, $0) }
        if let found = candidates.first(where: FileManager.default.fileExists(atPath:)) { return found }
        if folder == "/" { break }
        folder = Path.folder(of: folder)
      }
    }
    throw FileError(
      "model.backbone_weights", .missing,
      "imagenet is \(installed), which is neither in nor above \(folders.joined(separator: " or ")); run "
        + "Scripts/setup in the checkout of this program, which installs it, or give the path of the file")
  }
}
