import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Weights as other people's training scripts keep them, in hand-made pickles.
@Suite struct StrangersWeightsTests {
  private static let reduce: [UInt8] = [0x52]
  private static let build: [UInt8] = [0x62]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func tensor(_ type: String = "FloatStorage") -> [UInt8] {
    PickleBuilder.tensor(PickleBuilder.storage("0", type, 8), offset: 0, size: [2, 4], stride: [4, 1])
  }

  /// A state dict of one tensor.
  private static func weights(_ name: String = "w") -> [UInt8] { PickleBuilder.dictionary([(name, tensor())]) }

  /// What calling a function of Python would make.
  private static func call(_ module: String, _ name: String, _ arguments: [[UInt8]] = []) -> [UInt8] {
    PickleBuilder.global(module, name) + PickleBuilder.tuple(arguments) + reduce
  }

  private func read(_ items: [(String, [UInt8])]) throws -> StateDict {
    let path = try folder.write("w.pth", PickleBuilder.file(PickleBuilder.dictionary(items)))
    return try WeightsFile.read(path)
  }

  private func problem(_ items: [(String, [UInt8])]) -> String {
    #expect(throws: FileError.self) { try read(items) }?.problem ?? ""
  }

  @Test(
    "weights are found under the keys that scripts use",
    arguments: [
      "state_dict", "model_state_dict", "model", "module", "net", "generator", "params", "ema", "params_ema",
      "model_ema",
    ])
  func keys(key: String) throws {
    let state = try read([("epoch", PickleBuilder.integer(3)), (key, Self.weights())])
    #expect(state.names == ["w"])
    try expectCounting(state["w"], [2, 4])
    #expect(state.warnings.isEmpty)
  }

  @Test("keys may follow one another, and tensors beside the weights are not mistaken for them")
  func nested() throws {
    let inner = PickleBuilder.dictionary([("epoch", PickleBuilder.integer(3)), ("state_dict", Self.weights())])
    #expect(try read([("rng_state", Self.tensor()), ("model", inner)]).names == ["w"])
  }

  @Test("of several weights those as learnt are taken before their running means, which is told")
  func several() throws {
    let state = try read([("ema", Self.weights("mean")), ("model", Self.weights("learnt"))])
    #expect(state.names == ["learnt"])
    #expect(
      state.warnings.map(\.problem) == ["holds weights under 'model' and 'ema'; those under 'model' are taken"])
  }

  @Test("an optimizer's state and keys that nobody knows are named, not taken")
  func elsewhere() {
    let text = problem([("epoch", PickleBuilder.integer(3)), ("student", Self.weights()), ("teacher", Self.weights())])
    #expect(text.contains("under 'student' and 'teacher'; save"), "\(text)")
    #expect(text.contains("torch.save(checkpoint['student'], ...)"), "\(text)")
    let deep = problem([("a", PickleBuilder.dictionary([("b", Self.weights())]))])
    #expect(deep.contains("under 'a.b'; save") && deep.contains("checkpoint['a']['b']"), "\(deep)")
  }

  private static let beside: [(String, [UInt8])] = [
    ("counter", call("collections", "Counter", [PickleBuilder.dictionary([("2", PickleBuilder.integer(1))])])),
    (
      "defaultdict",
      call("collections", "defaultdict", [PickleBuilder.global("builtins", "list")])
        + [0x28] + PickleBuilder.string("k") + PickleBuilder.integer(1) + [0x75]
    ),
    ("deque", call("collections", "deque") + [0x28] + PickleBuilder.integer(1) + [0x65]),
    ("numpy scalar", call("numpy", "dtype", [PickleBuilder.string("f8")]) + PickleBuilder.tuple([]) + build),
    (
      "numpy array",
      call("numpy._core.multiarray", "_reconstruct", [PickleBuilder.global("numpy", "ndarray")])
        + PickleBuilder.tuple([call("_codecs", "encode", [PickleBuilder.string("x")])]) + build
    ),
    ("path", call("pathlib", "PosixPath", [PickleBuilder.string("runs")])),
    ("scheduler", PickleBuilder.global("__main__", "Scheduler") + [0x29, 0x81] + PickleBuilder.dictionary([]) + build),
    ("function", PickleBuilder.global("posix", "system")),
    ("bytes", [0x96, 3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
  ]

  @Test("what lies beside the weights is passed over, whatever it is", arguments: beside.map(\.0))
  func besides(name: String) throws {
    let value = try #require(Self.beside.first { $0.0 == name }?.1)
    for items in [[("state_dict", Self.weights()), ("x", value)], [("x", value), ("state_dict", Self.weights())]] {
      try expectCounting(try read(items)["w"], [2, 4])
    }
    // Also among the names of a plain state dict.
    #expect(try read([("w", Self.tensor()), ("x", value)]).names == ["w"])
  }

  @Test("a tensor of a kind that is not read here is refused by name, not left out")
  func unreadableTensor() {
    let storage = PickleBuilder.storage("1", "ComplexFloatStorage", 8)
    let complex = PickleBuilder.tensor(storage, offset: 0, size: [2], stride: [1])
    let text = problem([("state_dict", PickleBuilder.dictionary([("w", Self.tensor()), ("c", complex)]))])
    #expect(text.contains("has tensor 'c' made by 'torch.ComplexFloatStorage'"), "\(text)")
    let sparse = problem([("w", Self.tensor()), ("s", Self.call("torch._utils", "_rebuild_sparse_tensor"))])
    #expect(sparse.contains("has tensor 's' made by 'torch._utils._rebuild_sparse_tensor'"), "\(sparse)")
    // Beside the weights it does not matter.
    #expect(throws: Never.self) { try read([("state_dict", Self.weights()), ("c", complex)]) }
  }

  @Test("a whole pickled network is refused with its class and the way out")
  func wholeNetwork() {
    let network = PickleBuilder.global("models.yolo", "Model") + [0x29, 0x81] + Self.weights() + Self.build
    let text = problem([("model", network)])
    #expect(text.contains("needs 'models.yolo.Model', which this reader does not run"), "\(text)")
    #expect(text.contains("torch.save(model.state_dict(), ...)"), "\(text)")
  }

  @Test(
    "what wrappers put before names goes, as often as they do, in every format",
    arguments: [
      (["module.a", "module.b.c"], ["a", "b.c"]), (["_orig_mod.module.a", "_orig_mod.module.b"], ["a", "b"]),
      (["module.model._orig_mod.module.a"], ["a"]), (["model.a", "b"], ["model.a", "b"]),
      (["n_averaged", "module.a", "module.b"], ["a", "b"]),
      (["backbone._orig_mod.a", "head.b"], ["backbone.a", "head.b"]),
      (["module.", "module.a"], ["module.", "module.a"]), (["a._orig_mod.b", "a.b"], ["a._orig_mod.b", "a.b"]),
      (["n_averaged", "a"], ["n_averaged", "a"]),
    ])
  func wrappers(names: [String], expected: [String]) throws {
    #expect(try read(names.map { ($0, Self.tensor()) }).names == expected)
    let path = folder("w.safetensors")
    try Safetensors.write(StateDict(try names.map { ($0, try Tensor([Float(1)], [1])) }), to: path)
    #expect(try WeightsFile.read(path).names == expected)
    #expect(try WeightsFile.read(path, excluding: { $0 == expected[0] }).names == Array(expected.dropFirst()))
    #expect(try Safetensors.read(path).names == names)
  }

  @Test("tensors that repeat their storage many times are refused before they are made")
  func repetition() {
    // A million elements out of eight.
    let storage = PickleBuilder.storage("0", "FloatStorage", 8)
    let large = PickleBuilder.tensor(storage, offset: 0, size: [1 << 17, 8], stride: [0, 1])
    let text = problem([("w", large)])
    #expect(text.contains("makes a tensor of 1048576 elements, 'w', out of the 8 in its storage"), "\(text)")
    // Small ones, which add up.
    let small = PickleBuilder.tensor(storage, offset: 0, size: [1 << 15, 8], stride: [0, 1])
    let sum = problem((0..<17).map { ("\($0)", small) })
    #expect(sum.contains("bytes of memory, 4 times its own length"), "\(sum)")
  }
}
