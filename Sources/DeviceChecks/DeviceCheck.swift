import Batches
import Datasets
import Foundation
import Images
import Layers
import Losses
import Networks
import Prediction
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

  /// Local aggregation in 16 bits, and the largest rounding error there; none on GPUs before Ampere.
  static func roundedMethods(
    on device: Device
  ) -> [(method: AggregationMethod, type: ElementType, rounding: Double)] {
    guard device.kind == .cuda, device.multiplies(.bfloat16) else { return [] }
    return [
      (.bfloat16Attention, .bfloat16, 0x1p-9), (.float16Attention, .float16, 0x1p-12),
      (.bfloat16CuDNN, .bfloat16, 0x1p-9), (.float16CuDNN, .float16, 0x1p-12),
    ]
  }

  /// Of features that 16 bits hold, so that shares and results alone are rounded.
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
    for (method, type, rounding) in Self.roundedMethods(on: device) {
      builder.attempt("local aggregation by \(method)") {
        let exact = try results(.chunks, type)
        for (found, expected) in zip(try results(method, type), exact) {
          let difference = try found.tensor.difference(from: expected.tensor)
          builder.compare("local aggregation by \(method), \(found.name)", difference, allowed: 4 * rounding)
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
      [.attention] + DeviceComparisons.roundedMethods(on: device).map(\.method) + [.chunks]
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

/// The networks and batches for testing and timing a device.
package struct DeviceWorkload: Sendable {
  let backbone: BackboneDescription
  let decoderWidth: Int
  let classCount: Int
  /// Number of images per batch.
  let batch: Int
  /// Height and width of training crops, in pixels.
  let crop: Int
  /// Repetitions that are timed, after four that are not.
  let repetitions: Int

  /// The published network and batch: some seconds on a GPU, minutes on a CPU.
  package static let published = DeviceWorkload(
    backbone: .resnet101, decoderWidth: 256, classCount: 21, batch: 10, crop: 384, repetitions: 7)

  /// One that takes seconds on every processor.
  package static let small = DeviceWorkload(
    backbone: .resnet18, decoderWidth: 32, classCount: 5, batch: 2, crop: 96, repetitions: 2)

  func network(_ device: Device) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(
      backbone: backbone, classCount: classCount, decoderWidth: decoderWidth, dropout: 0)
    return try BLPSeg(configuration, ParameterStore(device: device, seed: 1))
  }

  func trainingStep(_ precision: Precision, usesGraphs: Bool = true, on device: Device) throws -> TrainingStep {
    var configuration = TrainingConfiguration()
    configuration.usesGraphs = usesGraphs
    configuration.length = .iterations(1000)
    configuration.precision = precision
    let plan = configuration.plan(batchesPerEpoch: 1)
    return try TrainingStep(
      network(device), Objective(Objective.Settings().losses, learningFrom: plan.selfTraining), configuration,
      schedule: plan.schedule, seed: 0, on: device)
  }

  func trainingBatch(for device: Device) throws -> Batch { try Batch((0..<batch).map(sample), for: device) }

  /// Noise with two strokes.
  private func sample(_ index: Int) -> TrainingSample {
    var scribbles = LabelMap(width: crop, height: crop, filledWith: Label.ignored)
    for i in 0..<crop / 2 {
      scribbles.labels[crop / 4 * crop + crop / 8 + i] = 0
      scribbles.labels[(crop / 3 + i) * crop + crop / 2] = UInt8(1 + index % (classCount - 1))
    }
    let sample = Sample(id: "\(index)", image: Self.photograph(crop, crop), scribbles: scribbles, groundTruth: nil)
    var stream = RandomStream(seed: 1, epoch: 0, index: index)
    return Augmentation(flipProbability: 0, scale: 1...1, crop: crop)
      .augmented(sample, classCount: classCount, backbone.normalization, using: &stream)
  }

  static func photograph(_ width: Int, _ height: Int) -> Image {
    var stream = RandomStream(seed: 2, epoch: 0, index: width)
    return Image(
      width: width, height: height, pixels: (0..<width * height * 3).map { _ in UInt8(stream.uniform(in: 0...255)) })
  }
}
