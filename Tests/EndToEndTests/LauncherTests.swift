import Files
import Foundation
import TestSupport
import Testing

/// The launcher of `make dist`, before a program that prints how it was started.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/proc"))) struct LauncherTests {
  private let folder: TemporaryFolder
  private static let wanted = "2.13"

  init() throws {
    folder = try TemporaryFolder()
    let launcher = try InputFile.text("\(Fixture.root)/Scripts/distribution/blpseg")
      .replacing("@VERSION@", with: "0.0.0").replacing("@LIBTORCH@", with: Self.wanted)
    try script("in stalled/blpseg", launcher)
    try script(
      "in stalled/lib/blpseg", "#!/bin/sh\necho \"$0\"\necho \"$LD_LIBRARY_PATH\"\nprintf '<%s>' \"$@\"\nexit 3\n")
    try libtorch("new", "2.13.1+cpu")
    try libtorch("old", "2.11.0")
    try FileManager.default.createDirectory(atPath: folder("nothing"), withIntermediateDirectories: true)
    // Commands that the launcher may use, and no python3 among them.
    try FileManager.default.createDirectory(atPath: folder("bin"), withIntermediateDirectories: true)
    for directory in ["/usr/bin", "/bin"] where FileManager.default.fileExists(atPath: "\(directory)/readlink") {
      try? FileManager.default.createSymbolicLink(
        atPath: folder("bin/readlink"), withDestinationPath: "\(directory)/readlink")
    }
  }

  private func script(_ name: String, _ text: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.write(name, text))
  }

  /// A folder that looks like LibTorch's, as Python's wheels lay it out, and must not be imported.
  private func libtorch(_ name: String, _ version: String) throws {
    try folder.write("\(name)/torch/lib/libtorch_cpu.so", "")
    try folder.write("\(name)/torch/version.py", "debug = False\n__version__ = '\(version)'\n")
    try folder.write("\(name)/torch/__init__.py", "raise SystemExit('imported')\n")
  }

  /// Starts a program in the folder with nothing in its environment but what is given.
  private func run(_ program: String, _ arguments: [String] = [], _ environment: [String: String] = [:]) throws
    -> (code: Int32, output: [String], errors: String)
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : folder(program))
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ["PATH": folder("bin")].merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return (process.terminationStatus, lines, message)
  }

  @Test("it hands on arguments, exit code and LibTorch's folder, from wherever it is called") func call() throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder("bin/blpseg"), withDestinationPath: "../in stalled/blpseg")
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "bin/blpseg")
    let environment = ["LIBTORCH": "new/torch"]
    for (program, first) in [
      ("in stalled/blpseg", []), ("link", []), ("/bin/sh", ["in stalled/blpseg"]), ("/bin/sh", ["link"]),
    ] {
      let outcome = try run(program, first + ["a b", "", "*"], environment)
      #expect(outcome.code == 3)
      #expect(FilePlace(outcome.output[0]) == FilePlace(folder("in stalled/lib/blpseg")))
      #expect(FilePlace(outcome.output[1]) == FilePlace(folder("new/torch/lib")))
      #expect(outcome.output[2] == "<a b><><*>")
    }
    let added = try run("link", [], environment.merging(["LD_LIBRARY_PATH": "/elsewhere"]) { $1 })
    #expect(added.output[1].hasSuffix("/new/torch/lib:/elsewhere"))
  }

  @Test("LIBTORCH goes before the folder beside it, and this before Python's torch") func order() throws {
    let python = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "PYTHONPATH": folder("python")]
    try libtorch("python", "2.13.0")
    let imported = try run("in stalled/blpseg", [], python)
    #expect(imported.output[1].hasSuffix("/python/torch/lib"), "\(imported.errors)")

    try FileManager.default.copyItem(atPath: folder("new/torch"), toPath: folder("in stalled/libtorch"))
    #expect(try run("in stalled/blpseg", [], python).output[1].hasSuffix("/in stalled/libtorch/lib"))
    let chosen = try run("in stalled/blpseg", [], python.merging(["LIBTORCH": folder("new/torch")]) { $1 })
    #expect(chosen.output[1].hasSuffix("/new/torch/lib"))
  }

  @Test("a torch that lies in the current folder is not taken for Python's") func currentFolder() throws {
    try folder.write("torch/__init__.py", "raise SystemExit('imported')\n")
    let python = try run("in stalled/blpseg", [], ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
    #expect(python.output.first != folder("torch/lib"))
    #expect(!python.errors.contains("imported") && !python.errors.contains(folder("torch:")))
  }

  @Test("what is missing or does not fit is said in one sentence") func messages() throws {
    try folder.write("newest/build-version", "2.14.0+cu130\n")
    try folder.write("newest/lib/libtorch_cpu.so", "")
    try folder.write("unknown/lib/libtorch_cpu.so", "")
    try folder.write("a:b/build-version", "2.13.0\n")
    try folder.write("a:b/lib/libtorch_cpu.so", "")
    let cases: [(name: String, code: Int32, libtorch: String?)] = [
      ("an old LibTorch", 1, "old/torch"), ("a new LibTorch", 1, "newest"),
      ("no LibTorch in LIBTORCH", 66, "nothing"), ("a LibTorch of no version", 1, "unknown"),
      ("a folder with a colon", 1, "a:b"), ("no LibTorch anywhere", 66, nil),
    ]
    for (name, code, libtorch) in cases {
      let outcome = try run("in stalled/blpseg", ["--version"], libtorch.map { ["LIBTORCH": $0] } ?? [:])
      #expect(outcome.code == code)
      #expect(outcome.output == [""])
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      let message = outcome.errors.trimmingCharacters(in: .newlines)
        .replacing(/[^ ]*\/in stalled/, with: "FOLDER")
      try Snapshot.expect(message, is: name, of: "launcher.txt")
    }
    try libtorch("in stalled/x", "2.12.0")
    try FileManager.default.moveItem(atPath: folder("in stalled/x/torch"), toPath: folder("in stalled/libtorch"))
    let beside = try run("in stalled/blpseg")
    #expect(beside.code == 1)
    #expect(beside.errors.contains("/in stalled/libtorch holds LibTorch 2.12.0, and version 0.0.0 of this program"))
  }
}
