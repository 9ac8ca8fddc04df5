import Layers
import Networks
import Prediction
import Tensors
import Training

/// The times of a device.
struct DeviceTimings {
  let device: Device
  let workload: DeviceWorkload
  let builder: DeviceFindingsBuilder

  func run() {
    for (name, precision, tf32) in modes {
      LibTorch.allowTF32(tf32)
      for usesGraphs in DeviceGraph.isPossible(on: device) ? [true, false] : [false] {
        timeStep(
          "training step\(usesGraphs || device.kind != .cuda ? "" : " without graphs"), \(name)", precision, usesGraphs)
      }
      if device.kind == .cuda, device.multiplies(.bfloat16), tf32 || precision != .float32 {
        LibTorch.preferCuDNNAttention(true)
        timeStep("training step with cuDNN's attention, \(name)", precision, true)
        LibTorch.preferCuDNNAttention(false)
      }
      // Fresh weights, which no batch has normalised, overflow float16.
      if precision == .float16 { continue }
      builder.attempt("timing of predictions in \(name)") {
        let predictor = try Predictor(
          workload.network(device), views: .published, on: device, autocastType: precision.autocastType)
        let photograph = DeviceWorkload.photograph(500, 375)
        try time("four scales and mirror of 500 x 375, \(name)") { _ = try predictor(photograph).labels() }
      }
    }
    LibTorch.allowTF32(false)
    builder.attempt("timing of the parts of a step") { try parts() }
    builder.attempt("timing of local aggregation") { try localAggregation() }
  }

  private func timeStep(_ title: String, _ precision: Precision, _ usesGraphs: Bool) {
    builder.attempt("timing of a \(title)") {
      let step = try workload.trainingStep(precision, usesGraphs: usesGraphs, on: device)
      let batch = try workload.trainingBatch(for: device)
      try time(title) { _ = try step(batch, iteration: 0) }
    }
  }

  /// The parts of a training step in 16 bits, or in 32 where those take longer.
  private func parts() throws {
    let precision = Precision.bfloat16.computed(on: device)
    let network = try workload.network(device)
    let image = try workload.trainingBatch(for: device).image.to(device)
    func forward() throws -> NetworkOutput {
      try withAutocast(precision.autocastType, on: device) { try network(image, .training) }
    }
    try time("forward pass, \(precision)") { _ = try forward() }
    try time("forward and backward pass without local aggregation, \(precision)") {
      let output = try forward()
      try (output.scores.to(.float32).sum() + output.scribbleScores.to(.float32).sum()).backward()
    }
    try time("forward and backward pass, \(precision)") {
      let output = try forward()
      try (output.aggregated.sum() + output.scribbleScores.to(.float32).sum()).backward()
    }
    let optimizer = try AdamW(network.store.parameters)
    try time("update") { try optimizer.step(learningRate: 1e-9) }
    let batch = try workload.trainingBatch(for: device)
    try time("a batch to the device") { _ = try batch.image.to(device) }
  }

  private var modes: [(name: String, Precision, tf32: Bool)] {
    let exact = [(name: "float32", Precision.float32, tf32: false)]
    guard device.kind == .cuda else { return exact }
    return exact + [("TF32", .float32, true), ("bfloat16", .bfloat16, false), ("float16", .float16, false)]
  }

  private func localAggregation() throws {
    let side = (workload.crop + 3) / 4
    let methods: [AggregationMethod] =
      [.attention] + DeviceComparisons.roundedAggregation(on: device).flatMap(\.methods) + [.chunks]
    for method in methods where device.kind == .cuda {
      let feature = try (Tensor.normal([workload.batch, 50, side, side]) * 0.5).to(device)
      let value = try Tensor.normal([workload.batch, workload.classCount, side, side]).to(device)
      try time("local aggregation with gradients by \(method)") {
        let (f, v) = (try feature.detached().requiringGradient(), try value.detached().requiringGradient())
        let out = try f.locallyAggregated(v, sigma: 6, by: method)
        try out.backward(value)
      }
    }
  }

  private func time(_ name: String, _ body: () throws -> Void) throws {
    _ = try device.peakMemory()
    // A step is recorded in the third.
    for _ in 0..<4 { try body() }
    try device.synchronize()
    let seconds = try (0..<workload.repetitions).map { _ in
      let start = ContinuousClock.now
      try body()
      try device.synchronize()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    builder.add(DeviceFindings.Timing(name: name, seconds: seconds, peakMemory: try device.peakMemory()))
  }
}
