import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

@Suite struct HostilePickleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ bytes: [UInt8]) throws -> StateDict {
    try put(bytes, folder("file.pth"))
    return try PyTorchFile.read(folder("file.pth"))
  }

  private func problem(_ bytes: [UInt8]) -> String {
    #expect(throws: FileError.self) { try read(bytes) }?.problem ?? ""
  }

  private func file(offset: Int = 0, size: [Int], stride: [Int], count: Int = 8) -> [UInt8] {
    let storage = PickleBuilder.storage("0", "FloatStorage", count)
    return PickleBuilder.file(
      PickleBuilder.dictionary([
        ("w", PickleBuilder.tensor(storage, offset: offset, size: size, stride: stride))
      ]), count: count)
  }

  @Test("The hand-made file is a good one where nothing is wrong with it")
  func good() throws {
    try expectCounting(try read(file(size: [2, 4], stride: [4, 1]))["w"], [2, 4])
    try expectElements(try read(file(offset: 7, size: [1, 1], stride: [.max, .max]))["w"], [1, 1], [1.75])
    try expectElements(
      try read(file(offset: 1, size: [2, 1, 2], stride: [4, .max, 2]))["w"], [2, 1, 2], [0.25, 0.75, 1.25, 1.75])
  }

  @Test(
    "A tensor that does not fit its storage is refused",
    arguments: [
      (0, [9], [1]), (1, [8], [1]), (8, [1], [1]), (-1, [1], [1]), (0, [-1], [1]), (0, [2], [-1]), (0, [2], [8]),
      (0, [2, 2], [1]), (0, [.max], [1]), (0, [.max, .max], [0, 0]), (0, [2, 2], [.max, .max]), (.max, [2], [1]),
      (.max, [2], [.max]), (0, [1 << 62, 0], [1, 1]),
      (0, Array(repeating: 1, count: 65), Array(repeating: 1, count: 65)),
    ] as [(Int, [Int], [Int])])
  func wrongView(offset: Int, size: [Int], stride: [Int]) {
    #expect(problem(file(offset: offset, size: size, stride: stride)).contains("makes a tensor of"))
  }

  @Test("A tensor that repeats one element a million million times is refused")
  func giantExpansion() {
    #expect(problem(file(size: [1 << 20, 1 << 18], stride: [0, 0])).contains("out of the 8 in its storage"))
  }

  @Test("Storages of a wrong or giant length are refused", arguments: [9, 1 << 40, 1 << 60, .max, -1])
  func wrongCount(count: Int) {
    _ = problem(file(size: [1], stride: [1], count: count))
  }

  @Test("A storage that is missing from the file, named twice or of two types is refused")
  func wrongKeys() {
    let storage = PickleBuilder.storage("0", "FloatStorage", 8)
    let tensor = PickleBuilder.tensor(storage, offset: 0, size: [1], stride: [1])
    let dictionary = PickleBuilder.dictionary([("w", tensor)])
    #expect(problem(PickleBuilder.file(dictionary, keys: [])).contains("no storage '0'"))
    #expect(problem(PickleBuilder.file(dictionary, keys: ["1"])).contains("list of storages"))
    #expect(problem(PickleBuilder.file(dictionary, keys: ["0", "0"])).contains("list of storages"))
    let other = PickleBuilder.tensor(
      PickleBuilder.storage("0", "HalfStorage", 8), offset: 0, size: [1], stride: [1])
    #expect(
      problem(PickleBuilder.file(PickleBuilder.dictionary([("a", tensor), ("b", other)]))).contains("two types"))
  }

  @Test("Element types without a counterpart are refused by name")
  func unknownType() {
    let storage = PickleBuilder.storage("0", "ComplexFloatStorage", 8)
    #expect(problem(PickleBuilder.file(storage, keys: [])).contains("'torch.ComplexFloatStorage'"))
  }

  @Test(
    "Functions that could run something are not run, and refused by name where weights were expected",
    arguments: [
      ("builtins", "eval"), ("posix", "system"), ("torch.storage", "_load_from_bytes"), ("builtins", "getattr"),
      ("torch", "load"), ("torch\u{1B}[2J", "x"),
    ])
  func dangerous(module: String, name: String) {
    let problem = problem(PickleBuilder.file(PickleBuilder.global(module, name), keys: []))
    #expect(problem.contains("which this reader does not run"))
    #expect(!problem.contains("\u{1B}"))
  }

  @Test("A dictionary and a list that contain themselves end in an error, not in a loop")
  func cycles() {
    let dictionary: [UInt8] = [0x7D, 0x71, 0] + PickleBuilder.string("state_dict") + [0x68, 0, 0x73]
    #expect(problem(PickleBuilder.file(dictionary, keys: [])).contains("without tensors"))
    #expect(problem(PickleBuilder.file([0x5D, 0x71, 0, 0x68, 0, 0x61], keys: [])).contains("holds a list"))
  }

  @Test("A million lists inside each other neither crash nor hang")
  func deepNesting() {
    let depth = 1_000_000
    let nested = [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
    #expect(problem(PickleBuilder.file(nested, keys: [])).contains("holds a list"))
  }

  @Test("Work that grows faster than the file is cut off", .timeLimit(.minutes(1)))
  func quadraticWork() {
    // A list of 100,000 pairs, made into a dictionary 100,000 times.
    let count = 100_000
    var operations = PickleBuilder.global("collections", "OrderedDict") + [0x71, 0]
    operations += PickleBuilder.string("a") + [0x4E, 0x86, 0x71, 1, 0x5D, 0x28]
    for _ in 0..<count { operations += [0x68, 1] }
    operations += [0x65, 0x85, 0x71, 2]
    for _ in 0..<count { operations += [0x68, 0, 0x68, 2, 0x52] }
    #expect(problem(PickleBuilder.file(operations)).contains("operations"))
  }

  @Test("Declared lengths beyond the file are refused without asking for memory")
  func giantLengths() {
    let lengths: [[UInt8]] = [
      [0x58, 0xFF, 0xFF, 0xFF, 0xFF], [0x8B, 0xFF, 0xFF, 0xFF, 0xFF], [0x8B, 0xFF, 0xFF, 0xFF, 0x7F],
      [0x8D] + [UInt8](repeating: 0xFF, count: 8), [0x8E] + [UInt8](repeating: 0x7F, count: 8),
      [0x42, 0xFF, 0xFF, 0xFF, 0xFF], [0x54, 0xFF, 0xFF, 0xFF, 0xFF], [0x8C, 0xFF], [0x8A, 0xFF],
    ]
    for length in lengths { _ = problem(PickleBuilder.file(length)) }
  }

  @Test("Every operation on an empty stack, on a mark and on wrong values ends in an error or a value")
  func everyOperation() {
    let contexts: [[UInt8]] = [
      [], [0x28], [0x4E], [0x4E, 0x4E, 0x4E], [0x28, 0x4E, 0x4E], [0x29, 0x29], [0x5D, 0x28], [0x7D, 0x28, 0x4E],
      PickleBuilder.global("collections", "OrderedDict") + [0x29],
      PickleBuilder.global("collections", "OrderedDict") + PickleBuilder.tuple([PickleBuilder.integer(1)]),
      PickleBuilder.global("torch._utils", "_rebuild_tensor_v2") + [0x29],
      PickleBuilder.global("torch._utils", "_rebuild_parameter") + [0x29],
      PickleBuilder.global("torch", "Size") + [0x29], PickleBuilder.string("a") + PickleBuilder.string("b"),
    ]
    for context in contexts {
      for operation in UInt8.min ... .max { _ = problem(PickleBuilder.file(context + [operation])) }
    }
  }
}
