import Checkpoints
import Files
import Foundation
import Settings
import TestSupport

/// A folder with a small data set of the demo's photographs, settings, and a finished run.
final class Workspace: Sendable {
  static let photographs = ["Abyssinian_217", "Bengal_152", "Bengal_93", "american_bulldog_86", "beagle_14"]
  static let validationPhotographs = ["Abyssinian_124", "Abyssinian_18"]
  /// The run that `train` finished, relative to the folder.
  static let run = "runs/tiny"

  /// Six epochs of two steps: all tests together take seconds.
  private static let settings = """
    recipe: published
    model:
      decoder_width: 8
    data:
      root: data
      crop: 64
      workers: 1
    training:
      iterations: 12
      batch_size: 2
      learning_rate: 1e-3
      self_training_start: 6
      self_training_threshold: 0.3
      validate_every: 2
      checkpoint_every: 1
      log_every: 1
    evaluation:
      scales: [1]
      mirror: false
      report_images: 2
    """

  /// Made once for all tests.
  static let shared = Result { try Workspace() }

  let path: String
  /// How the training of `run` ended.
  let training: Program.Outcome

  private init() throws {
    path = NSTemporaryDirectory() + "blpseg-end-to-end-\(UUID().uuidString)"
    for id in Self.photographs {
      try Self.copy("JPEGImages/\(id).jpg", to: path)
      try Self.copy("scribbles/\(id).xml", to: path)
      try Self.copy("SegmentationClass/\(id).png", to: path)
    }
    for id in Self.validationPhotographs {
      try Self.copy("JPEGImages/\(id).jpg", to: path)
      try Self.copy("SegmentationClass/\(id).png", to: path)
    }
    try Self.copy("classes.txt", to: path)
    for (list, ids) in [("train", Self.photographs), ("val", Self.validationPhotographs)] {
      let text = ids.joined(separator: "\n") + "\n"
      try Self.write(Data(text.utf8), "\(path)/data/ImageSets/Segmentation/\(list).txt")
    }
    try Self.write(Data(Self.settings.utf8), "\(path)/tiny.yaml")
    training = try Program.run(["train", "tiny.yaml"], in: path)
    removeAtExit.add(path)
  }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  func blpseg(_ arguments: String...) throws -> Program.Outcome { try Program.run(arguments, in: path) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }

  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

  func write(_ data: Data, _ name: String) throws { try Self.write(data, self(name)) }

  func write(_ text: String, _ name: String) throws { try Self.write(Data(text.utf8), self(name)) }

  /// The elements of every tensor in a safetensors file.
  func tensors(_ name: String) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for (name, tensor) in try Safetensors.read(self(name)) {
      result[name] = try tensor.withBytes { Array($0) }
    }
    return result
  }

  private static func write(_ data: Data, _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: Path.folder(of: path), withIntermediateDirectories: true)
    try data.write(to: URL(fileURLWithPath: path))
  }

  private static func copy(_ name: String, to path: String) throws {
    let target = "\(path)/data/\(name)"
    try FileManager.default.createDirectory(
      atPath: Path.folder(of: target), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: Fixture.demo(name), toPath: target)
  }
}

/// Folders of the shared workspaces, which nothing releases before the process ends.
private let removeAtExit = Leftovers()

private final class Leftovers: @unchecked Sendable {
  private let lock = NSLock()
  private var paths: [String] = []

  init() { atexit { removeAtExit.remove() } }

  func add(_ path: String) { lock.withLock { paths.append(path) } }

  private func remove() { lock.withLock { paths.forEach { try? FileManager.default.removeItem(atPath: $0) } } }
}
