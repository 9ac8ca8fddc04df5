import Tensors
import Testing

@Suite("Devices")
struct DeviceTests {
  @Test(
    "are read from LibTorch's names",
    arguments: [
      ("cpu", Device.cpu), ("cuda", Device(.cuda)), ("cuda:0", Device(.cuda)), ("cuda:3", Device(.cuda, index: 3)),
      ("mps", Device(.mps)),
    ])
  func names(name: String, expected: Device) {
    #expect(Device(name: name) == expected)
    #expect(Device(name: expected.description) == expected)
  }

  @Test(
    "other names are no devices",
    arguments: ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:x", "cuda:0:1", "cpu:1", "mps:1", " cpu", ":0"])
  func others(name: String) {
    #expect(Device(name: name) == nil)
  }

  @Test("there is a CPU, and the best device is there")
  func available() {
    #expect(Device.cpu.isAvailable)
    #expect(Device.best.isAvailable)
    #expect(!Device(.cuda, index: 1000).isAvailable)
  }

  @Test("a device that is missing is reported in words")
  func missing() throws {
    let error = #expect(throws: TorchError.self) { try Tensor.zeros([1], on: Device(.cuda, index: 99)) }
    #expect(error?.operation == "zeros")
    #expect(error?.message.isEmpty == false)
    #expect(throws: TorchError.self) { try Generator(seed: 0, device: Device(.cuda, index: 99)) }
  }

  @Test("the version is that of a LibTorch 2")
  func version() { #expect(LibTorch.version.hasPrefix("2.")) }
}
