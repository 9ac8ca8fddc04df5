import Tensors
import Training

/// Comparisons of a device with the published program and with the CPU, and its times.
package enum DeviceCheck {
  /// Compares with the published numbers in the folder `published`, where one is given, and with the CPU, and times
  /// training steps and predictions where `isTimed`.
  package static func run(
    on device: Device, published: String?, _ workload: DeviceWorkload, isTimed: Bool
  ) -> DeviceFindings {
    let builder = DeviceFindingsBuilder(DeviceFindings(device: device.description, version: LibTorch.version))
    if let published {
      builder.attempt("published numbers") {
        PublishedChecks(numbers: try PublishedNumbers(published), device: device, builder: builder).run()
      }
    }
    DeviceComparisons(device: device, workload: .small, builder: builder).run()
    if isTimed { DeviceTimings(device: device, workload: workload, builder: builder).run() }
    return builder.findings
  }
}

/// Comparison of a device with the CPU, and of its 16-bit with its 32-bit results.
struct DeviceComparisons {
  let device: Device
  let workload: DeviceWorkload
  let builder: DeviceFindingsBuilder

  private static let steps = 10

  func run() {
    if device.kind == .cuda { builder.attempt("local aggregation in 16 bits") { try compareAggregation() } }
    builder.attempt("ten training steps") {
      let exact = try losses(.float32, on: device)
      try compareWithCPU(exact)
      for precision in [Precision.bfloat16, .float16] where precision.computed(on: device) == precision {
        builder.attempt("training in \(precision)") { try compare(precision, with: exact) }
      }
    }
  }

  /// Types of 16 bits that a device has local aggregation for, with the largest rounding to them, relative, and the methods;
  /// none on GPUs before Ampere.
  static func roundedAggregation(
    on device: Device
  ) -> [(type: ElementType, rounding: Double, methods: [AggregationMethod])] {
    guard device.kind == .cuda, device.multiplies(.bfloat16) else { return [] }
    return [
      (.bfloat16, 0x1p-8, [.bfloat16Attention, .bfloat16CuDNN]),
      (.float16, 0x1p-11, [.float16Attention, .float16CuDNN]),
    ]
  }

  /// Of features that 16 bits hold, so that shares, results, cotangents and gradients of scores alone are rounded.
  private func compareAggregation() throws {
    let generator = try Generator(seed: 3)
    let shape = [2, 50, 48, 40]
    let feature = try Tensor.normal(shape, .float32, generator) * 0.4
    let value = try Tensor.normal([2, workload.classCount, 48, 40], .float32, generator)
    func results(_ method: AggregationMethod, _ type: ElementType) throws -> [(name: String, tensor: Tensor)] {
      let f = try feature.to(type).to(.float32).to(device).requiringGradient()
      let v = try value.to(device).requiringGradient()
      let out = try f.locallyAggregated(v, sigma: 6, by: method)
      try out.backward(value.to(device))
      return [("out", out), ("grad_feature", f.gradient), ("grad_value", v.gradient)].compactMap { name, tensor in
        tensor.map { (name, $0) }
      }
    }
    for (type, rounding, methods) in Self.roundedAggregation(on: device) {
      let exact = try results(.chunks, type)
      for method in methods {
        builder.attempt("local aggregation by \(method)") {
          for (found, expected) in zip(try results(method, type), exact) {
            let difference = try found.tensor.difference(from: expected.tensor)
            builder.compare("local aggregation by \(method), \(found.name)", difference, allowed: 4 * rounding)
          }
        }
      }
    }
  }

  private func losses(_ precision: Precision, on device: Device) throws -> [Double] {
    let step = try workload.trainingStep(precision, on: device)
    let batch = try workload.trainingBatch(for: device)
    return try (0..<Self.steps).map { try step(batch, iteration: $0).total }
  }

  private func compareWithCPU(_ found: [Double]) throws {
    let expected = try losses(.float32, on: .cpu)
    let differences = zip(found, expected).map { abs($0 / $1 - 1) }
    builder.compare("first of ten training steps against the CPU", differences[0], allowed: 1e-5)
    builder.compare("last of ten training steps against the CPU", differences[Self.steps - 1], allowed: 1e-2)
    builder.compare("last of ten losses over the first", found[Self.steps - 1] / found[0], allowed: 1)
  }

  private func compare(_ precision: Precision, with exact: [Double]) throws {
    let found = try losses(precision, on: device)
    // Roundings to 8 and 11 bits, over the fifty operators between an image and its loss. In float16 later steps differ
    // by more: the scaler leaves out the first ones until it has found its factor.
    builder.compare(
      "first training step in \(precision) against float32", abs(found[0] / exact[0] - 1),
      allowed: precision == .bfloat16 ? 5e-2 : 1e-2)
    builder.compare("last of ten losses in \(precision) over the first", found[Self.steps - 1] / found[0], allowed: 1)
  }
}
