import Checkpoints
import Files
import Tensors
import TestSupport
import Testing

@Suite struct WeightsFileTests {
  @Test("The format is told from the bytes, whatever the name", arguments: ["network.zip.pth", "network.legacy.pth"])
  func pytorch(name: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("weights.safetensors", Array(try InputFile.read(Fixture.golden("pytorch/\(name)"))))
    try expectNetwork(try WeightsFile.read(path))
  }

  @Test("A safetensors file reads under a PyTorch name, without what is excluded")
  func safetensors() throws {
    let folder = try TemporaryFolder()
    let path = folder("weights.pth")
    let stateDict = StateDict([
      ("w", try Tensor([Float(0), 0.25], [2])), ("distance_prob", try Tensor([Float(1)], [1])),
    ])
    try Safetensors.write(stateDict, to: path)
    let read = try WeightsFile.read(path, excluding: { $0 == "distance_prob" })
    #expect(read.names == ["w"])
    try expectCounting(read["w"], [2])
  }

  @Test("A safetensors file whose header's length begins as a pickle does is none", arguments: [2, 3, 4, 5])
  func lengthLikePickle(version: Int) throws {
    let folder = try TemporaryFolder()
    // The length's lowest bytes are 0x80, the first operation of a pickle, and a version.
    let length = 0x80 + version << 8
    let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let bytes =
      [0x80, UInt8(version), 0, 0, 0, 0, 0, 0] + header.utf8
      + [UInt8](repeating: 0x20, count: length - header.utf8.count)
    let path = try folder.write("weights.safetensors", bytes + [0, 0, 0, 0])
    #expect(try WeightsFile.read(path).names == ["w"])
  }

  @Test("PyTorch weights written as safetensors stay the same")
  func conversion() throws {
    let folder = try TemporaryFolder()
    let path = folder("weights.safetensors")
    try Safetensors.write(try WeightsFile.read(Fixture.golden("pytorch/network.zip.pth")), to: path)
    try expectNetwork(try WeightsFile.read(path))
  }

  @Test(
    "What is not weights is named",
    arguments: [
      ("\n<!DOCTYPE html><html>Sign in</html>", "web page"), ("", "is empty"),
      ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "git lfs pull"),
      ("hello, this is text", "is text; expected weights"), ("\u{1}hello", "begins with the bytes 01 68 65 6c 6c 6f"),
    ])
  func foreign(text: String, words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("weights.pth", text)
    let error = #expect(throws: FileError.self) { try WeightsFile.read(path) }
    #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
    #expect(throws: FileError.self) { try PyTorchFile.read(path) }
  }

  @Test("A missing file and a folder are named as such")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(#expect(throws: FileError.self) { try WeightsFile.read(folder("none.pth")) }?.reason == .missing)
    #expect(throws: FileError.self) { try WeightsFile.read(folder.path) }
  }
}

@Suite struct StateDictTests {
  @Test("Names keep the order in which they were first set")
  func order() throws {
    var stateDict = StateDict()
    for name in ["b", "a", "c"] { stateDict[name] = try Tensor([Float(1)], [1]) }
    stateDict["b"] = try Tensor([Float(2)], [1])
    #expect(stateDict.names == ["b", "a", "c"])
    #expect(stateDict.map(\.name) == ["b", "a", "c"])
    #expect(try stateDict["b"]?.floats() == [2])
    #expect(stateDict.count == 3)
  }

  @Test("A tensor set to nil is gone and may come back at the end")
  func removal() throws {
    let one = try Tensor([Float(1)], [1])
    var stateDict = StateDict([("a", one), ("b", one)], metadata: ["k": "v"])
    stateDict["a"] = nil
    #expect(stateDict.names == ["b"])
    #expect(stateDict["a"] == nil)
    stateDict["missing"] = nil
    stateDict["a"] = one
    #expect(stateDict.names == ["b", "a"])
    #expect(stateDict.metadata == ["k": "v"])
  }

  @Test("Repeated names in a sequence keep the first place and the last tensor")
  func repeats() throws {
    let stateDict = StateDict([
      ("a", try Tensor([Float(1)], [1])), ("b", try Tensor([Float(2)], [1])), ("a", try Tensor([Float(3)], [1])),
    ])
    #expect(stateDict.names == ["a", "b"])
    #expect(try stateDict["a"]?.floats() == [3])
  }
}
