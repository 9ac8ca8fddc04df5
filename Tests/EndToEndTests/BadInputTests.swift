import Foundation
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct BadInputTests {
  @Test("it is refused in one sentence that names it, and nothing half-written stays", arguments: BadInput.cases)
  func refused(_ input: BadInput) throws {
    let workspace = try Workspace.withBadInput.get()
    let before = try files(in: workspace)
    let outcome = try Program.run(input.arguments, in: workspace.path)
    #expect(outcome.code == input.code)
    #expect(outcome.output.isEmpty)
    let message = try #require(outcome.errorLines.last)
    #expect(message.hasPrefix("blpseg: "))
    #expect(message.contains(input.message), "\(message)")
    #expect(message.hasSuffix(".") || message.hasSuffix("?"))
    for word in ["Error", "NSCocoa", "Optional(", "Swift."] { #expect(!message.contains(word), "\(message)") }
    if !input.isFoundLate { #expect(outcome.errorLines.count == 1, "\(outcome.errors)") }
    try expectSnapshot(of: message, input, in: workspace)

    let added = try files(in: workspace).subtracting(before)
    // A run that began has its settings and its record, and starts anew over them.
    let allowed = ["settings.yaml", "run.json", "train.log", "metrics.jsonl", "events.out.tfevents."]
    let unexpected = added.filter { path in
      !input.isFoundLate || !allowed.contains { path.hasPrefix("runs/bad/\($0)") }
    }
    #expect(unexpected.isEmpty)
    try? FileManager.default.removeItem(atPath: workspace("runs/bad"))
  }

  @Test("an option that is none, or missing, is answered with the usage", arguments: [["train"], ["train", "--foo"]])
  func usage(arguments: [String]) throws {
    let outcome = try Program.Running(
      arguments, in: Workspace.shared.get().path, environment: ["COLUMNS": "80"]
    ).outcome()
    #expect(outcome.code == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Usage: blpseg train <config>"))
    try Snapshot.expect(outcome.errors, is: "usage/\(arguments.joined(separator: "")).txt")
  }

  @Test("no message is kept that no case gives") func keptMessages() throws {
    #expect(try Set(Snapshot.sections(of: Self.messages).keys).isSubset(of: BadInput.cases.map(\.name)))
  }

  private static let messages = "messages.txt"

  /// Compares the whole sentence with the one that is kept, where it does not depend on the machine.
  private func expectSnapshot(of message: String, _ input: BadInput, in workspace: Workspace) throws {
    let namesDevice = input.arguments.contains { $0.contains("device") }
    guard !namesDevice || Device.count(of: .cuda) == 0 else { return }
    let command = (["blpseg"] + input.arguments).joined(separator: " ")
    var text = "$ \(command)\n\(message)\n(exit code \(input.code))"
    for path in [workspace.path, URL(fileURLWithPath: workspace.path).resolvingSymlinksInPath().path] {
      text = text.replacing(path, with: "FOLDER")
    }
    text = text.replacing(Fixture.root, with: "CHECKOUT").replacing(LibTorch.version, with: "VERSION")
    try Snapshot.expect(text, is: input.name, of: Self.messages)
  }

  /// Files, hidden ones included, that these tests are concerned with: what other tests write at the same time is not.
  private func files(in workspace: Workspace) throws -> Set<String> {
    let all = FileManager.default.enumerator(atPath: workspace.path)?.compactMap { $0 as? String } ?? []
    return Set(
      all.filter { path in
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: workspace(path), isDirectory: &isFolder) && !isFolder.boolValue
          && ["runs/bad", "runs/tiny", "bad", "data"].contains { path.hasPrefix("\($0)/") }
      })
  }
}
