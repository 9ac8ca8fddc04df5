import Checkpoints
import Concurrency
import Datasets
import Files
import Foundation
import Images
import Models
import Prediction
import Tensors

/// Predictions of photographs, written to a folder.
public struct PredictionRun: Sendable {
  /// What is written for a photograph NAME.jpg beside NAME.png, the mask.
  public struct Options: Sendable {
    /// NAME.overlay.png, the classes drawn over the photograph.
    public var overlay = true
    /// NAME.probability.safetensors: `probability`, float32 `[C, H, W]`.
    public var probabilities = false
    /// NAME.logits.safetensors: `logits`, float32 `[C, H, W]`.
    public var logits = false
    /// Whether folders inside folders are entered; results then lie in folders of the same names.
    public var isRecursive = false
    /// Whether photographs whose results are all there are left alone.
    public var skipsExisting = false

    public init() {}
  }

  /// How a prediction of all photographs went.
  public struct Outcome: Sendable {
    /// Photographs that were predicted.
    public internal(set) var predicted = 0
    /// Photographs whose results were there already.
    public internal(set) var skipped = 0
    /// What was wrong with the photographs that could not be predicted, in their order.
    public internal(set) var faults: [FileError] = []
    /// Number of photographs left when it was stopped.
    public internal(set) var left = 0
  }

  /// The photographs, and what lay beside them.
  package let list: PhotographList
  private let folder: String
  private let options: Options

  /// Finds the photographs among files and folders.
  ///
  /// Throws when there are none, when two would have the same results, and when results would replace a photograph.
  public init(_ inputs: [String], to folder: String, _ options: Options) throws(FileError) {
    self.folder = folder
    self.options = options
    list = try PhotographList(inputs, isRecursive: options.isRecursive, results: folder)
    let originals = Set(list.items.map { FilePlace($0.path) })
    var owners: [[UInt8]: String] = [:]
    for item in list.items {
      for output in outputs(of: item) {
        if originals.contains(FilePlace(output)) {
          throw .invalid(output, "is one of the photographs and would be replaced; choose another folder with --out")
        }
        if let other = owners.updateValue(item.path, forKey: Array(output.utf8)) {
          throw .invalid(
            output,
            "would be written for \(other) and for \(item.path); predict them into separate folders, or name the folder "
              + "that both lie in, with --recursive")
        }
      }
    }
  }

  public var count: Int { list.items.count }

  /// Predicts all, calling `progress` after each with the number of photographs that are done; asks `shouldStop` before
  /// each.
  ///
  /// A photograph that cannot be read, or is too large for the memory, is passed over and reported. Throws where results
  /// cannot be written.
  public func write(
    with predictor: Predictor, _ classes: ClassAppearance, shouldStop: () -> Bool = { false },
    _ progress: (_ done: Int, Finding?) -> Void
  ) throws -> Outcome {
    try OutputFile.makeFolder(folder)
    var outcome = Outcome()
    outcome.faults = list.unreadable.map {
      .invalid($0, "has a name that is not UTF-8; rename it to predict it")
    }
    let check = predictor.sizeCheck
    let decoded = OrderedPrefetch(list.items, threads: 1, ahead: 4) { [self] item in
      isDone(item) ? nil : Decoded(item, check)
    }
    for (index, item) in list.items.enumerated() {
      if shouldStop() {
        outcome.left = list.items.count - index
        break
      }
      guard let next = try decoded.next() else { break }
      do {
        let finding: Finding
        if let photograph = next {
          finding = try write(photograph, of: item, with: predictor, classes)
          outcome.predicted += 1
        } else {
          finding = try old(item)
          outcome.skipped += 1
        }
        progress(index + 1, finding)
      } catch let fault as PhotographFault {
        outcome.faults.append(fault.error)
        progress(index + 1, nil)
      }
    }
    return outcome
  }

  /// A photograph as its file has it, or what is wrong with the file.
  private struct Decoded: Sendable {
    let image: Result<Image, FileError>
    let warnings: [FileWarning]

    /// `check` refuses a photograph for the size that its header tells, before it is decoded.
    init(_ item: PhotographList.Item, _ check: PredictionSizeCheck) {
      var warnings: [FileWarning] = []
      image = Result { () throws(FileError) in
        let data = try InputFile.read(item.path)
        try check.requireReadable(ImageHeader(decoding: data, from: item.path), at: item.path)
        return try Image(decoding: data, from: item.path, &warnings)
      }
      self.warnings = warnings
    }
  }

  /// What is wrong with a photograph, in contrast to where results go.
  private struct PhotographFault: Error {
    let error: FileError
  }

  private func write(
    _ decoded: Decoded, of item: PhotographList.Item, with predictor: Predictor, _ classes: ClassAppearance
  ) throws -> Finding {
    let photograph: Image
    switch decoded.image {
    case .success(let image): photograph = image
    case .failure(let error): throw PhotographFault(error: error)
    }
    do {
      let prediction = try predictor(photograph)
      return try write(prediction, of: photograph, item, classes, decoded.warnings)
    } catch is NonFiniteScores {
      throw PhotographFault(
        error: FileError(item.path, .inaccessible, "cannot be predicted: the weights give scores that are not finite"))
    } catch let error as TorchError {
      throw PhotographFault(
        error: FileError(
          item.path, .inaccessible,
          "cannot be predicted at \(photograph.width) x \(photograph.height) pixels (\(error)); try --max-side, or "
            + "smaller --scales"))
    }
  }

  private func write(
    _ prediction: PhotographPrediction, of photograph: Image, _ item: PhotographList.Item, _ classes: ClassAppearance,
    _ warnings: [FileWarning]
  ) throws -> Finding {
    let labels = try prediction.labels()
    if options.overlay {
      try photograph.overlay(of: labels, classes).write(png: output(of: item, Suffix.overlay))
    }
    if options.probabilities {
      try save(prediction.probability(), "probability", to: output(of: item, Suffix.probability))
    }
    if options.logits { try save(prediction.logits(), "logits", to: output(of: item, Suffix.logits)) }
    try labels.write(palettePNG: output(of: item, Suffix.mask), colors: classes.colors)
    return finding(labels, item, isOld: false, warnings)
  }

  /// Whether all results of a photograph are there, and shall stay.
  private func isDone(_ item: PhotographList.Item) -> Bool {
    options.skipsExisting && outputs(of: item).allSatisfy { FileManager.default.fileExists(atPath: $0) }
  }

  private func old(_ item: PhotographList.Item) throws -> Finding {
    do {
      return finding(try LabelMap(contentsOf: output(of: item, Suffix.mask)), item, isOld: true, [])
    } catch {
      throw PhotographFault(error: error)
    }
  }

  private func finding(
    _ labels: LabelMap, _ item: PhotographList.Item, isOld: Bool, _ warnings: [FileWarning]
  ) -> Finding {
    return Finding(
      photograph: item.path, mask: output(of: item, Suffix.mask), width: labels.width, height: labels.height,
      shares: labels.shares, isOld: isOld, warnings: warnings)
  }

  private func save(_ tensor: Tensor, _ name: String, to path: String) throws {
    try Safetensors.write(StateDict([(name, tensor)]), to: path)
  }

  private enum Suffix {
    static let mask = ".png"
    static let overlay = ".overlay.png"
    static let probability = ".probability.safetensors"
    static let logits = ".logits.safetensors"
  }

  private func outputs(of item: PhotographList.Item) -> [String] {
    var suffixes = [Suffix.mask]
    if options.overlay { suffixes.append(Suffix.overlay) }
    if options.probabilities { suffixes.append(Suffix.probability) }
    if options.logits { suffixes.append(Suffix.logits) }
    return suffixes.map { output(of: item, $0) }
  }

  private func output(of item: PhotographList.Item, _ suffix: String) -> String {
    Path.joined(folder, item.resultPath + suffix)
  }
}

extension PredictionSizeCheck {
  /// Throws where the photograph at `path` is larger than may be predicted, by its header.
  fileprivate func requireReadable(_ header: ImageHeader, at path: String) throws(FileError) {
    do throws(PredictionSizeError) {
      try require(header.width, header.height)
    } catch {
      throw .invalid(
        path,
        "\(error.problem); use --max-side, or smaller scales as with --scales 0.25, or raise the limit with --max-pixels"
      )
    }
  }
}
