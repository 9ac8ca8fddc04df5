import Batches
import Datasets
import Images
import Layers
import Losses
import Networks
import Tensors
import Training

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
