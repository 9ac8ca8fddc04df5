import Checkpoints
import Tensors
import TestSupport
import Testing

/// Weights to and from PyTorch and the safetensors package, compared bit by bit.
@Suite(.enabled(if: Peer.isInstalled, "run Scripts/setup-interop to install the counterparts"))
struct WeightsInteropTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Has PyTorch write one state dict in every packing, and returns the files' names.
  private func published() throws -> [String] {
    try Peer.run("write_weights", [Fixture.golden("state_dict_shapes.json"), folder.path])
    return ["zip", "legacy"].flatMap { ["\($0).pth", "parallel.\($0).pth", "stored.\($0).zip", "deflated.\($0).zip"] }
  }

  private func read(_ name: String) throws -> StateDict {
    try WeightsFile.read(folder(name)) { $0 == "distance_prob" }
  }

  /// Expects each of `names` to hold the tensors of `state`, which the file `expected` holds too.
  private func expectSame(_ expected: String, _ names: [String], _ state: StateDict) throws {
    let output = try Peer.run("compare_weights", ([expected] + names).map { folder($0) })
    let bytes = state.reduce(0) { $0 + $1.tensor.elementCount * $1.tensor.type.byteCount }
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines == names.map { _ in "\(state.count) tensors, \(bytes) bytes" })
  }

  @Test("Weights of every packing, written as safetensors and as a PyTorch file, agree with PyTorch")
  func agreement() throws {
    var written: [String] = []
    for name in try published() {
      let state = try read(name)
      try Safetensors.write(state, to: folder("\(name).safetensors"))
      try PyTorchFile.write(state, to: folder("\(name).again.pth"))
      written += ["\(name).safetensors", "\(name).again.pth"]
    }
    let expected = try Safetensors.read(folder("expected.safetensors"))
    #expect(written.count == 16)
    #expect(expected.count > 300)
    try expectSame("expected.safetensors", written, expected)
  }

  @Test("Names keep PyTorch's order through a PyTorch file")
  func order() throws {
    _ = try published()
    try PyTorchFile.write(try read("legacy.pth"), to: folder("again.pth"))
    let names = try Peer.run("list_weights", [folder("again.pth")])
    let original = try Peer.run("list_weights", [folder("zip.pth")])
    #expect(original.hasSuffix("\ndistance_prob\n"))
    #expect(names + "distance_prob\n" == original)
  }

  @Test("What is written from the safetensors package's file loads in PyTorch, and reads back")
  func fromSafetensors() throws {
    _ = try published()
    let state = try Safetensors.read(folder("expected.safetensors"))
    try PyTorchFile.write(state, to: folder("found.pth"))
    try expectSame("expected.safetensors", ["found.pth"], state)
    let again = try PyTorchFile.read(folder("found.pth"))
    #expect(again.names == state.names)
    for (name, tensor) in state { #expect(try again[name]?.bytes() == tensor.bytes(), "\(name)") }
  }

  @Test("Empty tensors, scalars, odd names and generated tensors load in PyTorch")
  func odd() throws {
    let long = String(repeating: "n", count: 3000)
    var state = StateDict([
      ("empty", try Tensor([Float](), [2, 0, 3])), ("scalar", try Tensor([Int64(-7)], [])),
      ("Über '\\ \n", try Tensor([Double.pi], [1, 1])), (long, try Tensor([UInt8(9)], [1])),
    ])
    let values = (0..<1000).map(Int64.init)
    let generated = GeneratedTensor(TensorDescription(name: "generated", shape: [10, 100], type: .int64)) { take in
      for value in values { try withUnsafeBytes(of: value, take) }
    }
    try PyTorchFile.write(state, adding: [generated], to: folder("odd.pth"))
    state["generated"] = try Tensor(values, [10, 100])
    try Safetensors.write(state, to: folder("odd.safetensors"))
    try expectSame("odd.safetensors", ["odd.pth"], state)
  }

  @Test("A single changed bit is found by the comparison")
  func sensitivity() throws {
    _ = try published()
    var state = try read("zip.pth")
    let name = "backbone.layer3.5.bn3.running_mean"
    let tensor = try #require(state[name])
    var bytes = try tensor.bytes()
    bytes[bytes.count - 4] ^= 1
    state[name] = try bytes.withUnsafeBytes { try Tensor(copying: $0, tensor.shape, tensor.type) }
    try PyTorchFile.write(state, to: folder("found.pth"))
    let error = #expect(throws: Peer.Failure.self) {
      try expectSame("expected.safetensors", ["found.pth"], state)
    }
    #expect(error?.description.contains("\(name) differs in 1 bytes") == true, "\(error?.description ?? "")")
  }
}
