import Foundation
import TestSupport
import Testing

@Suite("Under torchrun", .enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct TorchrunInteropTests {
  private struct Start: Decodable {
    let iteration: Int
    let processes: Int
  }

  private struct Entry: Decodable {
    let iteration: Int
  }

  @Test("a run whose worker is killed is started again and goes on from its last checkpoint")
  func elasticRestart() throws {
    let folder = try TemporaryFolder()
    let settings = """
      recipe: published
      model: {decoder_width: 8}
      data: {root: \(Fixture.root)/Demo, crop: 64, workers: 1, validation_list: null}
      training: {iterations: 40, batch_size: 4, learning_rate: 1e-3, checkpoint_every: 2, log_every: 1}
      """
    try folder.write("tiny.yaml", settings)
    let output = try Peer.run(
      "elastic", [folder.path, "runs/tiny/last.safetensors", Executable.path(), "train", "tiny.yaml"])
    #expect(output.split(separator: "\n").last == "0", "\(output)")

    func file(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder("runs/tiny/\(name)"))) }
    let starts = try JSONDecoder().decode([Start].self, from: file("run.json"))
    #expect(starts.map(\.processes) == [2, 2])
    #expect(starts.first?.iteration == 0)
    #expect(try #require(starts.last).iteration > 0)
    let entries = try file("metrics.jsonl").split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(Entry.self, from: $0) }
    #expect(entries.map(\.iteration) == Array(1...40))
  }
}
