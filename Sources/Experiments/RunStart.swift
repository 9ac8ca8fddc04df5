import Files
import Foundation
import Reports
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

/// What a run's folder is good for, by the files in it.
package enum RunState: Equatable {
  /// Nothing is in it that a new run would replace.
  case free
  /// It holds files of a run that ended before its first checkpoint, which a new run replaces.
  case begun
  /// It holds a run that can be continued.
  case continuable
  /// It holds weights that a new run would replace, and nothing to continue from.
  case incomplete

  package init(of folder: RunFolder) {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    self =
      if exists(folder.lastCheckpoint) {
        .continuable
      } else if exists(folder.bestCheckpoint) {
        .incomplete
      } else if [folder.metrics, folder.starts].contains(where: exists) {
        .begun
      } else {
        .free
      }
  }

  /// Throws unless a run can be continued, or else a new one be started, in `folder`: each state leads on in one way.
  package func require(resume: Bool, in folder: RunFolder) throws(FileError) {
    let (last, best) = (Path.name(of: folder.lastCheckpoint), Path.name(of: folder.bestCheckpoint))
    switch (self, resume) {
    case (.continuable, true), (.begun, false), (.free, false): break
    case (.continuable, false):
      throw .invalid(
        folder.path,
        "holds a run already (\(last)); continue it with --resume, or choose another folder with --set output=FOLDER")
    case (.begun, true):
      throw FileError(
        folder.path, .missing, "holds a run that ended before its first checkpoint; start it anew without --resume")
    case (.free, true):
      throw FileError(folder.path, .missing, "holds no run to continue; start one without --resume")
    case (.incomplete, _):
      throw .invalid(
        folder.path,
        "holds \(best), and no \(last) to continue from; move \(best) away and start anew without --resume, or choose "
          + "another folder with --set output=FOLDER")
    }
  }
}

/// The right to write into a run's folder, which one process at a time has until it ends.
struct RunLock {
  /// Nil where the file system has no locks.
  private let lock: FileLock?

  /// Throws where another process trains in the folder; `warn` is told where locks are not supported.
  init(_ folder: RunFolder, holder: String, warn: (FileWarning) -> Void) throws(FileError) {
    do throws(FileLock.Failure) {
      lock = try FileLock(folder: folder.path, holder: holder)
    } catch {
      switch error {
      case .held(let other):
        let name = other.isEmpty ? "another process" : "another process (\(other))"
        throw .invalid(
          folder.path,
          "\(name) is training in this folder already; wait for its end, or choose another folder with --set output=FOLDER"
        )
      case .unsupported(let reason):
        lock = nil
        warn(Self.warning(folder, reason))
      case .file(let error): throw error
      }
    }
  }

  /// Nil where another process trains in the folder.
  init?(ifFree folder: RunFolder, holder: String, warn: (FileWarning) -> Void) throws(FileError) {
    do throws(FileLock.Failure) {
      lock = try FileLock(folder: folder.path, holder: holder)
    } catch {
      switch error {
      case .held: return nil
      case .unsupported(let reason):
        lock = nil
        warn(Self.warning(folder, reason))
      case .file(let error): throw error
      }
    }
  }

  private static func warning(_ folder: RunFolder, _ reason: String) -> FileWarning {
    FileWarning(folder.path, "cannot be locked (\(reason)); take care that no second training writes into this folder")
  }
}
