import Foundation
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

  @Test("the CPU's work is not recorded") func graph() {
    #expect(!DeviceGraph.isPossible(on: .cpu))
    #expect(throws: TorchError.self) { _ = try DeviceGraph(on: .cpu, drawingFrom: []) {} }
  }

  @Test("there is a CPU, and the best device is there")
  func available() {
    #expect(Device.cpu.isAvailable)
    #expect(Device.best.isAvailable)
    #expect(!Device(.cuda, index: 1000).isAvailable)
  }

  @Test("the CPU multiplies in float32 and float64, and in no whole numbers")
  func arithmetic() {
    #expect(Device.cpu.multiplies(.float32) && Device.cpu.multiplies(.float64))
    #expect(!Device.cpu.multiplies(.int32) && !Device.cpu.multiplies(.bool))
  }

  #if os(Linux) && arch(x86_64)
    /// What the system lists of the processor.
    private func flags() throws -> Set<Substring> {
      let line = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
        .first { $0.hasPrefix("flags") }
      return Set(try #require(line).split(separator: " "))
    }

    /// What instruction sets the environment leaves to a library.
    private func limit(_ variable: String) -> String? { ProcessInfo.processInfo.environment[variable] }

    @Test("the CPU multiplies in 16 bits where the system lists instructions for that and oneDNN may use them")
    func sixteenBits() throws {
      let flags = try flags()
      let limit = limit("ONEDNN_MAX_CPU_ISA") ?? "DEFAULT"
      // oneDNN emulates bfloat16 where it has AVX-512 alone.
      let (narrow, wider) = (
        ["SSE41", "AVX", "AVX2", "AVX2_VNNI"], ["AVX512_CORE", "AVX512_CORE_VNNI", "AVX512_CORE_BF16"]
      )
      let hasBFloat16 = !flags.isDisjoint(with: ["avx512_bf16", "amx_bf16"]) && !narrow.contains(limit)
      let hasFloat16 = !flags.isDisjoint(with: ["avx512_fp16", "amx_fp16"]) && !(narrow + wider).contains(limit)
      #expect(Device.cpu.multiplies(.bfloat16) == hasBFloat16)
      #expect(Device.cpu.multiplies(.float16) == hasFloat16)
    }

    @Test("kernels use the widest instructions that the system lists, or those that LibTorch is limited to")
    func instructionSet() throws {
      let flags = try flags()
      let widths = [("default", []), ("avx2", ["avx2", "fma"]), ("avx512", ["avx512vl", "avx512bw", "avx512dq"])]
      let present = widths.filter { $0.1.allSatisfy { flags.contains(Substring($0)) } }.map(\.0)
      #expect(LibTorch.instructionSet == limit("ATEN_CPU_CAPABILITY") ?? present.last)
    }
  #endif

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
