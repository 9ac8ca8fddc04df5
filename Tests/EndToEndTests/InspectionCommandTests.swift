import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct InspectionCommandTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  @Test("a checkpoint tells its network, its classes and how far it was trained") func checkpoint() throws {
    let outcome = try workspace.blpseg("inspect", "checkpoint", "\(Workspace.run)/last.safetensors")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("experiment  tiny"))
    #expect(lines.contains("classes     background, cat, dog"))
    #expect(lines.contains("network     BLPSeg, backbone efficientnet_lite0, 3 classes, decoder width 8"))
    #expect(lines.contains { $0.hasPrefix("trained     12 steps in ") })
    #expect(lines.contains { $0.hasPrefix("best mIoU   ") && $0.hasSuffix(" %") })
    #expect(lines.contains { $0.hasPrefix("tensors     ") && $0.hasSuffix(" more to continue training from") })
  }

  @Test("what is damaged or no number is told") func doubts() throws {
    let best = "\(Workspace.run)/best.safetensors"
    var state = try Safetensors.read(workspace(best))
    state["seg_head.4.bias"] = try Tensor([0, Float.nan, 0], [3])
    try Safetensors.write(state, to: workspace("doubts/nan.safetensors"))
    let nan = try workspace.blpseg("inspect", "checkpoint", "doubts/nan.safetensors")
    #expect(nan.code == 0)
    #expect(nan.output.contains("\nnot finite  1 of 375 tensors holds NaN ('seg_head.4.bias')\n"), "\(nan.output)")
    #expect(!nan.output.contains("warning"))

    // The largest exponent in one element, as a spoilt copy may have it.
    var bytes = try workspace.data(best)
    bytes.replaceSubrange(bytes.count - 12..<bytes.count - 8, with: [0, 0, 0x80, 0x7F])
    try workspace.write(bytes, "doubts/spoilt.safetensors")
    let spoilt = try workspace.blpseg("inspect", "checkpoint", "doubts/spoilt.safetensors")
    #expect(spoilt.code == 0)
    #expect(spoilt.output.contains("\nwarning     has tensor '"), "\(spoilt.output)")
    #expect(spoilt.output.contains("damaged: its checksum does not match"))
    #expect(spoilt.output.contains("\nnot finite  1 of 375 tensors holds infinity ('") == true, "\(spoilt.output)")
    let photograph = "data/JPEGImages/\(Workspace.validationPhotographs[0]).jpg"
    let predicted = try workspace.blpseg(
      "predict", photograph, "--weights", "doubts/spoilt.safetensors", "--out", "doubts/masks")
    #expect(predicted.code == 1)
    #expect(predicted.errors.contains("damaged: its checksum does not match, and it holds numbers that are not finite"))
    #expect(!workspace.exists("doubts/masks"))
  }

  @Test("all tensors are listed on request") func tensors() throws {
    let outcome = try workspace.blpseg("inspect", "checkpoint", "\(Workspace.run)/best.safetensors", "--tensors")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\n  seg_head.4.weight [3, 8, 1, 1] float32\n"))
    #expect(!outcome.output.contains("optimizer."))
  }

  @Test("PyTorch files are inspected too") func pyTorch() throws {
    let outcome = try workspace.blpseg("inspect", "checkpoint", Fixture.golden("pytorch/network.zip.pth"), "--tensors")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("network     unknown: there is no tensor seg_head.4.weight"))
  }

  @Test("a network tells the parameters of its parts, which add up") func model() throws {
    let outcome = try workspace.blpseg("inspect", "model", "tiny.yaml")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("BLPSeg, backbone efficientnet_lite0, 3 classes, decoder width 8: "))
    let total = lines[0].split(separator: " ").dropLast().last.flatMap { Int($0) }
    let parts = lines.dropFirst().compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    #expect(parts.count == 6)
    #expect(parts.reduce(0, +) == total)
  }

  @Test("the settings are listed") func settings() throws {
    let outcome = try workspace.blpseg("inspect", "settings")
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("| `learning_rate` | a number above 0, up to 1 | `0.001` (`3e-5`) |"))
  }

  @Test("the version is a number") func version() throws {
    let outcome = try workspace.blpseg("--version")
    #expect(outcome.code == 0)
    #expect(outcome.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }
}
