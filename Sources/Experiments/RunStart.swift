import Files
import Foundation
import Reports
import Settings
import Tensors

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
    software = Self.software
  }

  /// Names of what computes here, with their versions.
  static var software: [String: String] {
    [
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

extension RunStart {
  /// The starts of a run in their order; none where its file is missing or damaged, which is no reason to write no report.
  static func read(_ path: String) -> [RunStart] {
    guard let data = try? InputFile.read(path) else { return [] }
    return (try? JSONDecoder().decode([RunStart].self, from: data)) ?? []
  }

  /// When and how a page came about, for its head.
  var facts: [Report.KeyNumber] {
    let versions = RunStart.versionText(software)
    let several = processes > 1 ? ", \(processes) processes" : ""
    var facts: [Report.KeyNumber] = [
      .init("written", RunStart.minute(.now)), .init("version", versions),
      .init("host", host), .init("device", "\(device)\(precision.map { ", \($0)" } ?? "")\(several)"),
      .init("seed", "\(seed)"),
    ]
    if let program = command.first {
      facts.append(.init("command", shellText([Path.name(of: program)] + command.dropFirst())))
    }
    return facts
  }

  /// "blpseg 0.2.0, libtorch 2.9.1, swift 6.3"
  static func versionText(_ software: [String: String]) -> String {
    ["blpseg", "libtorch", "swift"].compactMap { name in software[name].map { "\(name) \($0)" } }
      .joined(separator: ", ")
  }

  /// A time in the machine's zone, such as "2026-11-26 10:13 UTC".
  static func minute(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm zzz"
    return formatter.string(from: date)
  }
}

/// Words as a shell takes them.
package func shellText(_ words: [String]) -> String {
  words.map { word in
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-=,:+@%".unicodeScalars.contains($0)
      }
    return isPlain ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
  }.joined(separator: " ")
}
