import Foundation
import Fuzzing

/// Runs a reader in worker processes until its time is over, and keeps the files that end one.
struct FuzzSupervisor {
  /// A reader that is silent for so long hangs.
  private static let patience = 20.0
  /// More cases of one reader show nothing new.
  private static let mostFaults = 5

  private let target: FuzzTarget
  private let seconds: Double
  private let seed: UInt64

  init(_ target: FuzzTarget, seconds: Double, seed: UInt64) {
    (self.target, self.seconds, self.seed) = (target, seconds, seed)
  }

  /// Returns the number of files kept.
  func run() throws -> Int {
    let folder = try FuzzLoop.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let end = Date(timeIntervalSinceNow: seconds)
    var faults = 0
    var files = 0
    repeat {
      let outcome = try work(folder, seconds: max(1, end.timeIntervalSinceNow), seed: seed &+ UInt64(faults))
      files += outcome.files
      guard let problem = outcome.problem else { break }
      faults += 1
      print("\(target.name): \(problem); kept as \(try keep(folder))")
    } while end.timeIntervalSinceNow > 0 && faults < Self.mostFaults
    print("\(target.name): \(files) files, \(faults) \(faults == 1 ? "fault" : "faults")")
    return faults
  }

  private func work(_ folder: String, seconds: Double, seed: UInt64) throws -> (files: Int, problem: String?) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
    process.arguments = [target.name, "--worker", folder, "--seconds", "\(seconds)", "--seed", "\(seed)"]
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    process.standardOutput = output
    try process.run()
    var text = ""
    let descriptor = output.fileHandleForReading.fileDescriptor
    while true {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if Glibc.poll(&poll, 1, Int32(Self.patience * 1000)) == 0 {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return (Self.files(text), "hangs for more than \(Int(Self.patience)) s")
      }
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    process.waitUntilExit()
    if process.terminationReason == .uncaughtSignal {
      return (Self.files(text), "ends the process by signal \(process.terminationStatus)")
    }
    let last = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "ends without a word"
    return (Self.files(text), process.terminationStatus == 0 ? nil : last)
  }

  /// The last number that the worker printed.
  private static func files(_ text: String) -> Int {
    text.split(whereSeparator: \.isNewline).reversed().lazy.compactMap { Int($0) }.first ?? 0
  }

  /// Copies the file that was being read to the cases, under a name of its contents.
  private func keep(_ folder: String) throws -> String {
    let path = FuzzLoop(target, in: folder).path
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // FNV-1a.
    let digest = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let cases = FuzzTarget.casesFolder(target.name)
    try FileManager.default.createDirectory(atPath: cases, withIntermediateDirectories: true)
    let kept = "\(cases)/\(String(digest, radix: 16))"
    try bytes.write(to: URL(fileURLWithPath: kept))
    return kept
  }
}
