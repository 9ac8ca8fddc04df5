import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Files of Scripts/goldens/pytorch_files.py: element i is i, divided by 4 in floating point.
@Suite struct PyTorchFileTests {
  private func read(_ name: String) throws -> StateDict { try PyTorchFile.read(Fixture.golden("pytorch/\(name)")) }

  @Test(
    "A state dict reads the same from every way it is packed",
    arguments: [
      "network.zip.pth", "network.legacy.pth", "parallel.zip.pth", "parallel.legacy.pth", "protocol3.legacy.pth",
      "protocol4.zip.pth", "protocol5.legacy.pth", "deflated.zip.pth", "descriptors.zip.pth", "unchecked.zip.pth",
      "outer_stored.zip.zip", "outer_stored.legacy.zip", "outer_deflated.zip.zip", "outer_deflated.legacy.zip",
    ])
  func network(name: String) throws { try expectNetwork(try read(name)) }

  @Test("Every element type reads with its values", arguments: ["zip", "legacy"])
  func types(format: String) throws {
    let stateDict = try read("types.\(format).pth")
    #expect(Set(stateDict.names) == Set(ElementType.allCases.map(\.description)))
    for type in ElementType.allCases where type != .bool {
      try expectCounting(
        stateDict[type.description], [2, 3], step: type.isFloatingPoint ? 0.25 : 1, type: type)
    }
    try expectElements(stateDict["bool"], [2, 3], [0, 1, 0, 1, 0, 1], type: .bool)
  }

  @Test("Views of a shared storage come out row-major", arguments: ["zip", "legacy"])
  func views(format: String) throws {
    let stateDict = try read("views.\(format).pth")
    func base(_ i: Int, _ j: Int, _ k: Int) -> Double { Double(i * 12 + j * 4 + k) / 4 }
    func grid(_ a: Int, _ b: Int, _ c: Int, _ value: (Int, Int, Int) -> Double) -> [Double] {
      (0..<a).flatMap { i in (0..<b).flatMap { j in (0..<c).map { value(i, j, $0) } } }
    }
    try expectCounting(stateDict["whole"], [2, 3, 4])
    try expectElements(stateDict["transposed"], [4, 3, 2], grid(4, 3, 2) { base($2, $1, $0) })
    try expectElements(stateDict["permuted"], [3, 4, 2], grid(3, 4, 2) { base($2, $0, $1) })
    try expectElements(stateDict["every_second"], [2, 3, 2], grid(2, 3, 2) { base($0, $1, 2 * $2) })
    try expectElements(stateDict["offset"], [2, 4], (16..<24).map { Double($0) / 4 })
    try expectElements(stateDict["expanded"], [3], [0, 0, 0])
    try expectElements(stateDict["empty"], [2, 0, 3], [])
    try expectCounting(stateDict["channels_last"], [2, 3, 2, 2])
    try expectElements(stateDict["half_transposed"], [3, 2], [0, 0.75, 0.25, 1, 0.5, 1.25], type: .float16)
    try expectElements(stateDict["bytes_transposed"], [3, 2], [0, 3, 1, 4, 2, 5], type: .uint8)
    try expectElements(stateDict["long_transposed"], [3, 2], [0, 3, 1, 4, 2, 5], type: .int64)
  }

  @Test("Storages that are views of others, as the older format has them, start where they should")
  func viewsOfStorages() throws {
    let stateDict = try read("views_of_storages.legacy.pth")
    try expectCounting(stateDict["root"], [12])
    try expectElements(stateDict["view"], [5], (5..<10).map { Double($0) / 4 })
  }

  @Test("Parameters read as tensors", arguments: ["zip", "legacy"])
  func parameters(format: String) throws {
    let stateDict = try read("parameters.\(format).pth")
    #expect(stateDict.names == ["weight", "bias"])
    try expectCounting(stateDict["weight"], [2, 3])
    try expectCounting(stateDict["bias"], [2])
  }

  @Test("A state dict among an epoch, an optimizer and other things is found", arguments: ["zip", "legacy"])
  func checkpoint(format: String) throws {
    let stateDict = try read("checkpoint.\(format).pth")
    #expect(stateDict.names == ["weight", "bias"])
    try expectCounting(stateDict["weight"], [2, 3])
    try expectCounting(stateDict["bias"], [2])
  }

  @Test("Excluded names are left out, and the predicate sees them without the prefix")
  func excluding() throws {
    let stateDict = try PyTorchFile.read(
      Fixture.golden("pytorch/parallel.zip.pth"), excluding: { $0.hasPrefix("1.") })
    #expect(stateDict.names == ["0.weight", "0.bias"])
  }

  @Test("A pickle that names a function of Python is refused by name and does nothing", arguments: ["zip", "legacy"])
  func malicious(format: String) throws {
    let error = #expect(throws: FileError.self) { try read("malicious.\(format).pth") }
    #expect(error?.problem.contains(".system', which this reader does not run") == true, "\(error?.problem ?? "")")
    #expect(error?.problem.contains("torch.save(model.state_dict(), ...)") == true)
    #expect(!FileManager.default.fileExists(atPath: "blpseg-was-here"))
  }

  @Test("A whole pickled module is refused with the way out")
  func wholeModule() throws {
    let error = #expect(throws: FileError.self) { try read("module.zip.pth") }
    #expect(
      error?.problem.hasPrefix("needs 'torch.nn.modules.linear.Linear', which this reader does not run; save only")
        == true, "\(error?.problem ?? "")")
  }

  @Test("A flipped byte of a weight is found by the archive's checksum")
  func checksum() throws {
    var bytes = Array(try InputFile.read(Fixture.golden("pytorch/network.zip.pth")))
    // 5.75 is the last element of the largest tensor.
    let place = try #require(bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual([0, 0, 0xB8, 0x40]) })
    bytes[place] = 1
    let folder = try TemporaryFolder()
    let path = try folder.write("flipped.pth", bytes)
    let error = #expect(throws: FileError.self) { try PyTorchFile.read(path) }
    #expect(error?.problem.contains("checksum") == true)
  }

  @Test("Big-endian files are refused")
  func byteOrder() throws {
    var bytes = Array(try InputFile.read(Fixture.golden("pytorch/unchecked.zip.pth")))
    let word = Array("little".utf8)
    let place = try #require(
      bytes.indices.dropLast(6).first { bytes[$0..<$0 + 6].elementsEqual(word) })
    bytes.replaceSubrange(place..<place + 6, with: Array("bigger".utf8))
    let folder = try TemporaryFolder()
    let path = try folder.write("big.pth", bytes)
    #expect(#expect(throws: FileError.self) { try PyTorchFile.read(path) }?.problem.contains("byte order") == true)
  }
}
