import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct PyTorchWritingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func everyType() throws -> StateDict {
    var stateDict = StateDict(metadata: ["lost": "on the way"])
    for type in ElementType.allCases.reversed() {
      let bytes = (0..<6 * type.byteCount).map { type == .bool ? UInt8($0 % 2) : UInt8($0 + 1) }
      stateDict["values.\(type)"] = try bytes.withUnsafeBytes { try Tensor(copying: $0, [2, 3], type) }
    }
    stateDict["empty"] = try Tensor([Float](), [2, 0, 3])
    stateDict["bn.num_batches_tracked"] = try Tensor([Int64(-5)], [])
    stateDict["Über \t\u{1}'\\"] = try Tensor([Float.nan, -.zero, .infinity, .leastNonzeroMagnitude], [4, 1, 1, 1])
    return stateDict
  }

  /// A tensor of `count` whole numbers from 0 in pieces of one.
  private static func counting(_ name: String, _ count: Int) -> GeneratedTensor {
    GeneratedTensor(TensorDescription(name: name, shape: [count], type: .int64)) { take in
      for value in 0..<count { try withUnsafeBytes(of: Int64(value), take) }
    }
  }

  @Test("Every element type, empty tensors and scalars survive writing and reading, in order")
  func roundTrip() throws {
    let stateDict = try Self.everyType()
    try PyTorchFile.write(stateDict, to: folder("all.pth"))
    let read = try PyTorchFile.read(folder("all.pth"))
    #expect(read.names == stateDict.names)
    #expect(read.metadata.isEmpty)
    for (name, tensor) in stateDict {
      #expect(read[name]?.shape == tensor.shape, "\(name)")
      #expect(read[name]?.type == tensor.type, "\(name)")
      #expect(try read[name]?.bytes() == tensor.bytes(), "\(name)")
    }
  }

  @Test("A file that PyTorch wrote stays the same through writing", arguments: ["network", "types", "views"])
  func rewritten(name: String) throws {
    let original = try PyTorchFile.read(Fixture.golden("pytorch/\(name).zip.pth"))
    try PyTorchFile.write(original, to: folder("again.pth"))
    let read = try PyTorchFile.read(folder("again.pth"))
    #expect(read.names == original.names)
    for (name, tensor) in original { #expect(try read[name]?.bytes() == tensor.bytes(), "\(name)") }
  }

  @Test("Generated tensors come last, with the elements of all pieces")
  func generated() throws {
    let stateDict = StateDict([("first", try Tensor([Float(1)], [1]))])
    try PyTorchFile.write(
      stateDict, adding: [Self.counting("numbers", 1000), Self.counting("none", 0)], to: folder("g.pth"))
    let read = try PyTorchFile.read(folder("g.pth"))
    #expect(read.names == ["first", "numbers", "none"])
    try expectCounting(read["numbers"], [1000], step: 1, type: .int64)
    try expectCounting(read["none"], [0], type: .int64)
  }

  @Test("Equal state dicts give equal bytes, and every entry begins at a multiple of 64")
  func layout() throws {
    for name in ["a.pth", "b.pth"] { try PyTorchFile.write(try Self.everyType(), to: folder(name)) }
    let bytes = Array(try InputFile.read(folder("a.pth")))
    #expect(bytes == Array(try InputFile.read(folder("b.pth"))))
    let headers = bytes.indices.dropLast(30).filter { bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 3, 4]) }
    #expect(headers.count == 3 + 13)
    for header in headers {
      let lengths = [26, 28].map { Int(bytes[header + $0]) + Int(bytes[header + $0 + 1]) << 8 }
      #expect((header + 30 + lengths[0] + lengths[1]) % 64 == 0)
    }
  }

  @Test("A flipped byte of what was written is found by its checksum")
  func checksum() throws {
    try PyTorchFile.write(StateDict([("w", try Tensor([Float(5.75)], [1]))]), to: folder("w.pth"))
    var bytes = Array(try InputFile.read(folder("w.pth")))
    let place = try #require(bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual([0, 0, 0xB8, 0x40]) })
    bytes[place] = 1
    let path = try folder.write("flipped.pth", bytes)
    let error = #expect(throws: FileError.self) { try PyTorchFile.read(path) }
    #expect(error?.problem.contains("checksum") == true)
  }

  @Test("Where the elements cannot be made, what stood there stays and nothing is left behind")
  func failure() throws {
    struct Failure: Error {}
    let path = try folder.write("w.pth", "before")
    let broken = GeneratedTensor(TensorDescription(name: "x", shape: [1], type: .uint8)) { _ in throw Failure() }
    #expect(throws: Failure.self) { try PyTorchFile.write(StateDict(), adding: [broken], to: path) }
    #expect(try InputFile.text(path) == "before")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.pth"])
  }

  @Test("4 GB or 65535 entries are refused, and nothing is left behind")
  func limits() throws {
    let large = GeneratedTensor(TensorDescription(name: "x", shape: [1 << 32 - 1], type: .uint8)) { _ in
      Issue.record("elements were asked for")
    }
    // With the pickle, the byte order and the version.
    let many = (0..<65532).map { Self.counting("\($0)", 0) }
    for generated in [[large], many] {
      let error = #expect(throws: FileError.self) {
        try PyTorchFile.write(StateDict(), adding: generated, to: folder("x.pth"))
      }
      #expect(error?.problem.contains("write safetensors instead") == true, "\(error?.problem ?? "")")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("Every truncation is an error, and every flipped byte is an error or a result")
  func damage() throws {
    let path = folder("damaged.pth")
    try PyTorchFile.write(StateDict([("w", try Tensor([Float(1), 2], [2]))]), to: path)
    try expectRobust(path) { try WeightsFile.read($0) }
  }
}
