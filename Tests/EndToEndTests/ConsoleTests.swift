import Files
import Foundation
import TestSupport
import Testing

@Suite("What is written to standard output and standard error") struct ConsoleTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  private static let inspection = ["inspect", "checkpoint", "\(Workspace.run)/last.safetensors"]
  /// Commands that print results, each in its own way.
  private static let commands = [
    inspection, ["inspect", "model", "tiny.yaml"], ["inspect", "settings"], ["prepare", "check", "tiny.yaml"],
    ["--help"], ["train", "--help"], ["--version"],
  ]

  private func run(_ arguments: [String], _ redirection: String) throws -> Program.Outcome {
    try Program.run(arguments, in: workspace.path, shell: "exec \"$@\" \(redirection)")
  }

  @Test("results that standard output does not take are told, and the command has failed", arguments: commands)
  func fullOutput(command: [String]) throws {
    let outcome = try run(command, "> /dev/full")
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(
      outcome.errorLines.last
        == "blpseg: Results are missing: standard output cannot be written (No space left on device).")
  }

  @Test("results for a closed standard output are missing, too") func closedOutput() throws {
    let outcome = try run(Self.inspection, ">&-")
    #expect(outcome.code == 1)
    #expect(outcome.errorLines.last?.hasPrefix("blpseg: Results are missing: ") == true, "\(outcome.errors)")
  }

  @Test("a reader that wants no more ends the command without a word") func closedPipe() throws {
    let outcome = try Program.run(
      ["inspect", "settings"], in: workspace.path, shell: "{ \"$@\"; echo $? >&2; } | true")
    // The shell's number for SIGPIPE, where the pipe was closed before the text was written, and else success.
    #expect(["141", "0"].contains(outcome.errors.trimmingCharacters(in: .whitespacesAndNewlines)), "\(outcome.errors)")
  }

  @Test("messages that nobody can read change nothing", arguments: ["2> /dev/full", "2>&-", "2>&- <&-"])
  func lostMessages(redirection: String) throws {
    #expect(try run(Self.inspection, redirection).code == 0)
    #expect(try run(["inspect", "checkpoint", "missing.safetensors"], redirection).code == 66)
    #expect(try run(["train", "--foo"], redirection).code == 64)
    let name = "runs/unheard\(redirection.utf8.reduce(0) { Int($0) + Int($1) })"
    let training = try run(["train", "tiny.yaml", "--set", "output=\(name)"], redirection)
    #expect(training.code == 0)
    #expect(training.output.contains("mean IoU"))
    // No file of the run got the number of standard error, and the messages with it.
    #expect(try workspace.tensors("\(name)/last.safetensors") == workspace.tensors("\(Workspace.run)/last.safetensors"))
    #expect(try InputFile.lines(workspace("\(name)/metrics.jsonl")).allSatisfy { $0.hasPrefix("{") })
  }

  @Test("names that a terminal would obey are shown without what it obeys")
  func controlCharacters() throws {
    let name = "\u{1B}[2J\u{9B}31m\u{202E}a\nb"
    let shown = "?[2J?31m?a?b"
    let missing = try workspace.blpseg("inspect", "checkpoint", name)
    #expect(missing.errorLines == ["blpseg: \(shown): no such file."])
    let usage = try workspace.blpseg("inspect", "checkpoint", "x", "\u{1B}[2J\u{202E}")
    #expect(usage.code == 64 && usage.errors.contains("?[2J?") && !usage.errors.contains("\u{1B}"))
    try workspace.write(workspace.data("data/JPEGImages/Bengal_93.jpg"), "names/\(name).jpg")
    let predicted = try workspace.blpseg(
      "predict", "names", "--weights", "\(Workspace.run)/last.safetensors", "--out", "named", "--scales", "0.25")
    #expect(predicted.code == 0, "\(predicted.errors)")
    #expect(predicted.output.hasPrefix("named/\(shown).png  "))
    #expect(predicted.output.filter { $0 == "\n" }.count == 1)
    #expect(workspace.exists("named/\(name).png"))
  }

  @Test(
    "a progress line fits the terminal, and the time left is seen",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/script")), arguments: [60, 80, 120])
  func terminal(columns: Int) throws {
    let outcome = try Program.run(
      ["train", "tiny.yaml", "--set", "output=runs/terminal\(columns)", "--set", "training.iterations=4"],
      in: workspace.path, shell: "exec script -q -e -c \"stty cols \(columns); exec $*\" /dev/null")
    #expect(outcome.code == 0, "\(outcome.output)")
    let frames = outcome.output.components(separatedBy: "\r\u{1B}[K").filter { !$0.contains("\n") && !$0.isEmpty }
    #expect(frames.allSatisfy { $0.count < columns }, "\(frames)")
    let steps = frames.filter { $0.contains("  blp ") }
    #expect(steps.count >= 4)
    #expect(steps.allSatisfy { $0.hasSuffix(" left") && $0.contains("/4  ") })
    #expect(steps.allSatisfy { $0.contains("█") })
  }
}
