import Files
import Foundation
import Losses
import TensorBoard

/// One line of a run's record: numbers of a step, or of a validation, by name.
public struct MetricsEntry: Codable, Sendable, Equatable {
  /// Steps done when it was written.
  public var iteration: Int
  public var epoch: Int
  /// Losses under their `metricsKey`, and what the properties below name.
  public var values: [String: Double] = [:]

  public init(iteration: Int, epoch: Int) {
    self.iteration = iteration
    self.epoch = epoch
  }

  public var learningRate: Double? {
    get { values["learning_rate"] }
    set { values["learning_rate"] = newValue }
  }
  public var imagesPerSecond: Double? {
    get { values["images_per_second"] }
    set { values["images_per_second"] = newValue }
  }
  /// Of a validation, 0...1.
  public var meanIoU: Double? {
    get { values["mean_iou"] }
    set { values["mean_iou"] = newValue }
  }

  private struct Key: CodingKey, Hashable {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let iteration = Key(stringValue: "iteration")
    static let epoch = Key(stringValue: "epoch")
  }

  /// Reads a flat object; members that are no numbers are left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    iteration = try container.decode(Int.self, forKey: .iteration)
    epoch = try container.decode(Int.self, forKey: .epoch)
    for key in container.allKeys where key != .iteration && key != .epoch {
      values[key.stringValue] = try? container.decode(Double.self, forKey: key)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(iteration, forKey: .iteration)
    try container.encode(epoch, forKey: .epoch)
    for (name, value) in values { try container.encode(value, forKey: Key(stringValue: name)) }
  }
}

/// A run's record on disk, one JSON object per line, added to as the run goes on.
package final class MetricsFile {
  private let file: RecordFile

  /// Opens the record at `path`, keeping what was written up to `iteration` and dropping what came after it; where
  /// `redoingValidation`, the validation after that iteration is dropped too.
  package init(_ path: String, keepingUpTo iteration: Int, redoingValidation: Bool = false) throws(FileError) {
    let kept = try MetricsFile.read(path).filter { entry in
      entry.iteration < iteration
        || (entry.iteration == iteration && !(redoingValidation && entry.meanIoU != nil))
    }
    var text = Data()
    for entry in kept { text += try MetricsFile.line(entry, path) }
    try OutputFile.write(text, to: path)
    file = try RecordFile(path)
  }

  package func append(_ entry: MetricsEntry) throws(FileError) {
    try file.append(MetricsFile.line(entry, file.path))
  }

  /// The entries of the file at `path`; none where there is no file. A line cut short by a crash is left out.
  package static func read(_ path: String) throws(FileError) -> [MetricsEntry] {
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

/// The record of a run: `metrics.jsonl`, and the same with pictures for TensorBoard.
final class RunRecord {
  private let metrics: MetricsFile
  private let events: EventFile
  private let losses: [any Loss]
  /// The iteration after which the validation is done again that TensorBoard's files hold already.
  private let knownValidation: Int?

  private static let validationTag = "validation/mean IoU"

  /// Goes on after `iteration`, or with its validation; later entries are dropped.
  init(
    _ folder: RunFolder, _ losses: [any Loss], keepingUpTo iteration: Int, redoingValidation: Bool
  ) throws(FileError) {
    self.losses = losses
    metrics = try MetricsFile(folder.metrics, keepingUpTo: iteration, redoingValidation: redoingValidation)
    // TensorBoard drops whole steps, and this one's losses are to stay.
    let isKnown =
      redoingValidation
      ? try EventFile.hold(scalar: Self.validationTag, step: iteration, inFolder: folder.path) : false
    knownValidation = isKnown ? iteration : nil
    events = try EventFile(inFolder: folder.path, keepingUpTo: iteration)
  }

  func append(_ entry: MetricsEntry) throws(FileError) {
    try metrics.append(entry)
    let scalars =
      losses.map { ("loss/\($0.name)", entry.values[$0.metricsKey]) } + [
        ("training/learning rate", entry.learningRate), ("training/images per second", entry.imagesPerSecond),
        (Self.validationTag, entry.iteration == knownValidation ? nil : entry.meanIoU),
      ]
    for (tag, value) in scalars {
      if let value { try events.add(scalar: value, tag: tag, step: entry.iteration) }
    }
  }

  func append(_ pictures: StepPictures, iteration: Int) throws(FileError) {
    for (name, image) in pictures.grids { try events.add(image: image, tag: "batch/\(name)", step: iteration) }
  }
}

/// The folder of a run, and what lies where in it.
public struct RunFolder: Sendable, Equatable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The state to continue from.
  public var lastCheckpoint: String { "\(path)/last.safetensors" }
  /// Weights of the best validation.
  public var bestCheckpoint: String { "\(path)/best.safetensors" }
  /// Losses and validations, one JSON object per line.
  public var metrics: String { "\(path)/metrics.jsonl" }
  /// The console messages, with times.
  public var log: String { "\(path)/train.log" }
  /// When, how and with what software the run was started and continued, as JSON.
  public var starts: String { "\(path)/run.json" }
  /// The resolved settings.
  public var settings: String { "\(path)/settings.yaml" }
  /// Result of the last evaluation.
  public var evaluation: String { "\(path)/evaluation.json" }
  /// The page that shows what was learnt.
  public var report: String { "\(path)/report.html" }
}

/// The console messages of a run, one line each with its time, over all starts of the run.
package final class RunLog {
  private let file: RecordFile
  private let clock = ISO8601DateFormatter()

  /// Opens the log at `path`, or begins it.
  package init(_ path: String) throws(FileError) { file = try RecordFile(path) }

  /// Adds a line. A disk that is full ends the run where numbers are lost, not here.
  package func append(_ text: String) {
    try? file.append(Data("\(clock.string(from: .now)) \(text.printable)\n".utf8))
  }
}

/// Time spent in a run, and images per second since the rate was last asked for.
struct RunClock {
  private let start = ContinuousClock.now
  private let secondsBefore: Double
  private var rateStart = ContinuousClock.now
  private var images = 0

  init(secondsBefore: Double) { self.secondsBefore = secondsBefore }

  var seconds: Double { secondsBefore + (ContinuousClock.now - start) / .seconds(1) }

  mutating func count(images: Int) { self.images += images }

  mutating func imagesPerSecond() -> Double {
    let elapsed = (ContinuousClock.now - rateStart) / .seconds(1)
    defer { restartRate() }
    return elapsed > 0 ? Double(images) / elapsed : 0
  }

  /// Leaves out what was not training, such as a validation.
  mutating func restartRate() {
    images = 0
    rateStart = .now
  }
}
