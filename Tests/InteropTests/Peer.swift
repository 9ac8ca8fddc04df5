import Foundation
import Tensors
import TestSupport
import Testing

/// A real counterpart of the program: a Python script of the folder Peers, run in the environment that
/// Scripts/setup-interop made.
enum Peer {
  private static let environment = "\(Fixture.root)/.interop"

  /// Whether the counterparts are installed; without them these tests are skipped.
  static var isInstalled: Bool { FileManager.default.fileExists(atPath: "\(environment)/packages") }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs `Peers/NAME.py` with `arguments`, and returns what it printed.
  @discardableResult
  static func run(_ name: String, _ arguments: [String] = []) throws -> String {
    let texts = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(environment)/bin/python")
    process.arguments = ["\(Fixture.root)/Tests/InteropTests/Peers/\(name).py"] + arguments
    // Files, not pipes, which would fill up and halt the program.
    process.standardOutput = FileHandle(forWritingAtPath: try texts.write("output", ""))
    process.standardError = FileHandle(forWritingAtPath: try texts.write("errors", ""))
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(name).py failed: \(try String(contentsOfFile: texts("errors"), encoding: .utf8))")
    }
    return try String(contentsOfFile: texts("output"), encoding: .utf8)
  }
}

@Suite(.enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct PeerTests {
  @Test("PyTorch as a counterpart is the version whose libraries the program uses")
  func sameTorch() throws {
    let lines = try Peer.run("versions").split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.first?.hasPrefix("torch \(LibTorch.version)") == true, "\(lines)")
  }
}
