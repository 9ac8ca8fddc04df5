import Files
import Foundation
import Settings
import Tensors
import Training

/// One start of a run: when, how and with what it was made. A run's folder keeps all of them.
struct RunStart: Codable {
  let time: String
  /// The command with its arguments.
  let command: [String]
  let seed: Int
  /// Steps done before.
  let iteration: Int
  let device: String
  /// What the device computed in; files of earlier versions do not say.
  let precision: String?
  let processes: Int
  let threads: Int
  let host: String
  /// Names of what computes, with their versions.
  let software: [String: String]

  init(_ experiment: Experiment, command: [String], iteration: Int) {
    time = ISO8601DateFormatter().string(from: .now)
    self.command = command
    seed = experiment.settings.seed
    self.iteration = iteration
    device = experiment.device.description
    precision = experiment.precision.rawValue
    processes = experiment.launch?.count ?? 1
    threads = LibTorch.threadCount
    host = ProcessInfo.processInfo.hostName
    software = [
      "blpseg": Software.version, "libtorch": LibTorch.version, "swift": Software.compiler,
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }

  /// Adds this start to the file at `path`, a JSON list.
  func append(to path: String) throws(FileError) {
    let known = try InputFile.readIfPresent(path) ?? Data("[]".utf8)
    let text: Data
    do {
      text = try indentedJSON(JSONDecoder().decode([RunStart].self, from: known) + [self])
    } catch {
      throw .invalid(path, "is not a list of starts of this program; move it away")
    }
    try OutputFile.write(text, to: path)
  }
}
