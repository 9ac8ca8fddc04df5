import ArgumentParser
import TestSupport
import Testing
import blpseg

@Suite struct DocumentedCommandTests {
  @Test("every command line of the documents parses") func parses() throws {
    var count = 0
    for document in try Document.all.get() {
      for command in DocumentedCommand.all(in: document) {
        count += 1
        let problem = problem(command.arguments)
        #expect(problem == nil, "\(document.path):\(command.line): blpseg \(command.arguments.joined(separator: " "))")
      }
    }
    #expect(count > 20)
  }

  /// What the parser objects to; requests for help and the version are no objections.
  private func problem(_ arguments: [String]) -> String? {
    do {
      _ = try BLPSegCommand.parseAsRoot(arguments)
      return nil
    } catch {
      return BLPSegCommand.exitCode(for: error).isSuccess ? nil : BLPSegCommand.message(for: error)
    }
  }

  @Test(
    "arguments are found as a shell would pass them",
    arguments: [
      ("blpseg train a.yaml --resume   # after a crash", ["train", "a.yaml", "--resume"]),
      ("torchrun --no-python blpseg train 'my file.yaml' | tee log", ["train", "my file.yaml"]),
      ("srun bash -c 'RANK=$SLURM_PROCID blpseg train \"a b.yaml\"'", ["train", "a b.yaml"]),
      (".build/release/blpseg --version", ["--version"]),
    ])
  func words(command: String, arguments: [String]) {
    #expect(DocumentedCommand.arguments(of: command) == arguments)
  }

  @Test("a command of another program is none") func others() {
    #expect(DocumentedCommand.arguments(of: "make blpseg-all   # blpseg train") == nil)
  }
}
