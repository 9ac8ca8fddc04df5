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

  /// What was found in one photograph.
  public struct Finding: Sendable {
    /// The path of its mask.
    public let mask: String
    /// Labels that occur, with their share of the pixels in 0...1.
    public let shares: [(label: Int, share: Double)]
  }

  private let photographs: [String]
  private let folder: String
  private let options: Options

  /// Finds the photographs among files and folders.
  ///
  /// Throws when there are none, when two would have the same results, and when results would replace a photograph.
  public init(_ inputs: [String], to folder: String, _ options: Options) throws(FileError) {
    self.folder = folder
    self.options = options
    photographs = try PhotographList.expand(inputs)
    let originals = Set(photographs.map(FilePlace.init))
    var owners: [String: String] = [:]
    for photograph in photographs {
      for output in outputs(of: photograph) {
        if originals.contains(FilePlace(output)) {
          throw .invalid(output, "is one of the photographs and would be replaced; choose another folder with --out")
        }
        if let other = owners.updateValue(photograph, forKey: output) {
          throw .invalid(
            output, "would be written for \(other) and for \(photograph); predict them into separate folders")
        }
      }
    }
  }

  public var count: Int { photographs.count }

  /// Predicts all, calling `progress` after each. Throws at the first photograph that cannot be read or written.
  public func write(
    with predictor: Predictor, _ classes: ClassAppearance, _ progress: (_ done: Int, Finding) -> Void
  ) throws {
    try OutputFile.makeFolder(folder)
    let decoded = OrderedPrefetch.photographs(at: photographs)
    for (index, path) in photographs.enumerated() {
      guard let photograph = try decoded.next() else { break }
      do {
        progress(index + 1, try write(predictor(photograph), of: photograph, at: path, classes))
      } catch let error as TorchError {
        throw FileError(
          path, .inaccessible,
          "cannot be predicted at \(photograph.width) x \(photograph.height) pixels (\(error)); try smaller --scales")
      }
    }
  }

  private func write(
    _ prediction: PhotographPrediction, of photograph: Image, at path: String, _ classes: ClassAppearance
  ) throws -> Finding {
    let labels = try prediction.labels()
    let mask = output(of: path, Suffix.mask)
    try labels.write(palettePNG: mask, colors: classes.colors)
    if options.overlay {
      try photograph.overlay(of: labels, classes).write(png: output(of: path, Suffix.overlay))
    }
    if options.probabilities {
      try save(prediction.probability(), "probability", to: output(of: path, Suffix.probability))
    }
    if options.logits { try save(prediction.logits(), "logits", to: output(of: path, Suffix.logits)) }
    return Finding(mask: mask, shares: shares(of: labels))
  }

  private func save(_ tensor: Tensor, _ name: String, to path: String) throws {
    try Safetensors.write(StateDict([(name, tensor)]), to: path)
  }

  private func shares(of labels: LabelMap) -> [(label: Int, share: Double)] {
    var counts = [Int](repeating: 0, count: Int(UInt8.max) + 1)
    for label in labels.labels { counts[Int(label)] += 1 }
    return counts.enumerated().filter { $0.element > 0 }
      .map { (label: $0.offset, share: Double($0.element) / Double(labels.labels.count)) }
  }

  private enum Suffix {
    static let mask = ".png"
    static let overlay = ".overlay.png"
    static let probability = ".probability.safetensors"
    static let logits = ".logits.safetensors"
  }

  private func outputs(of photograph: String) -> [String] {
    var suffixes = [Suffix.mask]
    if options.overlay { suffixes.append(Suffix.overlay) }
    if options.probabilities { suffixes.append(Suffix.probability) }
    if options.logits { suffixes.append(Suffix.logits) }
    return suffixes.map { output(of: photograph, $0) }
  }

  private func output(of photograph: String, _ suffix: String) -> String {
    Path.joined(folder, Path.stem(of: photograph) + suffix)
  }
}
