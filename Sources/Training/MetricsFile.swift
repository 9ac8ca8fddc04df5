import Files
import Foundation

/// One line of a run's record: losses of a step, or a validation.
public struct MetricsEntry: Codable, Sendable, Equatable {
  /// Steps done when it was written.
  public var iteration: Int
  public var epoch: Int
  public var learningRate: Double?
  public var scribbleLoss: Double?
  public var segmentationLoss: Double?
  public var imagesPerSecond: Double?
  public var meanIoU: Double?

  enum CodingKeys: String, CodingKey {
    case iteration, epoch
    case learningRate = "learning_rate"
    case scribbleLoss = "scribble_loss"
    case segmentationLoss = "segmentation_loss"
    case imagesPerSecond = "images_per_second"
    case meanIoU = "mean_iou"
  }

  public init(iteration: Int, epoch: Int) {
    self.iteration = iteration
    self.epoch = epoch
  }
}

/// A run's record on disk, one JSON object a line, added to as the run goes on.
public final class MetricsFile {
  private let file: RecordFile

  /// Opens the record at `path`, keeping what was written up to `iteration` and dropping what came after it; where
  /// `redoingValidation`, the validation after that iteration is dropped too.
  public init(_ path: String, keepingUpTo iteration: Int, redoingValidation: Bool = false) throws(FileError) {
    let kept = try MetricsFile.read(path).filter { entry in
      entry.iteration < iteration
        || (entry.iteration == iteration && !(redoingValidation && entry.meanIoU != nil))
    }
    var text = Data()
    for entry in kept { text += try MetricsFile.line(entry, path) }
    try OutputFile.write(text, to: path)
    file = try RecordFile(path)
  }

  public func append(_ entry: MetricsEntry) throws(FileError) {
    try file.append(MetricsFile.line(entry, file.path))
  }

  /// The entries of the file at `path`; none where there is no file. A line cut short by a crash is left out.
  public static func read(_ path: String) throws(FileError) -> [MetricsEntry] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let decoder = JSONDecoder()
    return try InputFile.lines(path).compactMap { try? decoder.decode(MetricsEntry.self, from: Data($0.utf8)) }
  }

  private static func line(_ entry: MetricsEntry, _ path: String) throws(FileError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return try encoder.encode(entry) + Data("\n".utf8)
    } catch {
      throw .invalid(path, "cannot hold the entry of iteration \(entry.iteration): \(error)")
    }
  }
}
