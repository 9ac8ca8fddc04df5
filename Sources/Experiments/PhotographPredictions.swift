import Batches
import Checkpoints
import Datasets
import Files
import Foundation
import Images
import Prediction
import Tensors

/// Predictions of photographs, written to a folder.
public struct PhotographPredictions {
  /// What is written for a photograph NAME.jpg beside NAME.png, the mask.
  public struct Options: Sendable {
    /// NAME.overlay.png, the classes drawn over the photograph.
    public var overlay = true
    /// NAME.probability.safetensors: `probability`, float32 `[C, H, W]`.
    public var probabilities = false
    /// NAME.logits.safetensors: `logits`, float32 `[C, H, W]`.
    public var logits = false

    public init() {}
  }

  private let predictor: Predictor
  private let paths: [String]
  private let folder: String
  private let options: Options

  /// Finds the photographs among files and folders. Throws when there are none, or two would have the same results.
  public init(_ inputs: [String], _ predictor: Predictor, to folder: String, _ options: Options) throws {
    self.predictor = predictor
    self.folder = folder
    self.options = options
    paths = try PhotographList.expand(inputs)
    var owners: [String: String] = [:]
    for path in paths {
      if let other = owners.updateValue(path, forKey: Self.name(path)) {
        throw FileError.invalid(
          path, "would be written to the same \(Self.name(path)).png as \(other); predict them into separate folders")
      }
    }
  }

  /// Predicts all, calling `progress` after each. Throws at the first photograph that cannot be read or written.
  public func write(_ progress: (_ done: Int, _ of: Int, _ path: String) -> Void) throws {
    let photographs = OrderedPrefetch.photographs(at: paths)
    for (index, path) in paths.enumerated() {
      guard let photograph = try photographs.next() else { break }
      try write(photograph, Self.name(path))
      progress(index + 1, paths.count, path)
    }
  }

  private func write(_ photograph: Image, _ name: String) throws {
    let prediction = try predictor(photograph)
    let labels = try prediction.labels()
    try labels.write(palettePNG: "\(folder)/\(name).png")
    if options.overlay { try photograph.overlaid(with: labels).write(png: "\(folder)/\(name).overlay.png") }
    if options.probabilities { try save(prediction.probability(), "probability", name) }
    if options.logits { try save(prediction.logits, "logits", name) }
  }

  private func save(_ tensor: Tensor, _ kind: String, _ name: String) throws {
    try Safetensors.write(StateDict([(kind, tensor)]), to: "\(folder)/\(name).\(kind).safetensors")
  }

  private static func name(_ path: String) -> String {
    ((path as NSString).lastPathComponent as NSString).deletingPathExtension
  }
}
