import Batches
import Datasets
import Foundation
import Images
import Layers
import Losses
import Networks
import Tensors
import Training

/// Networks and batches of fixed numbers, for testing and timing.
package struct DeviceWorkload: Sendable {
  let backbone: BackboneDescription
  let decoderWidth: Int
  package let classCount: Int
  /// Probability of a channel to be dropped; 0 where devices are compared, whose random numbers differ.
  let dropout: Double
  /// Number of images per batch.
  let batch: Int
  /// Height and width of training crops, in pixels.
  let crop: Int
  /// Repetitions that are timed, after four that are not.
  let repetitions: Int

  /// The published network and batch: some seconds on a GPU, minutes on a CPU.
  package static let published = DeviceWorkload(batch: 10, crop: 384)

  /// One that takes seconds on every processor.
  package static let small = DeviceWorkload(
    backbone: .resnet18, decoderWidth: 32, classCount: 5, dropout: 0, batch: 2, crop: 96, repetitions: 2)

  /// The published network, unless other parts are given.
  package init(
    backbone: BackboneDescription = .resnet101, decoderWidth: Int = 256, classCount: Int = 21, dropout: Double = 0.1,
    batch: Int, crop: Int, repetitions: Int = 7
  ) {
    self.backbone = backbone
    self.decoderWidth = decoderWidth
    self.classCount = classCount
    self.dropout = dropout
    self.batch = batch
    self.crop = crop
    self.repetitions = repetitions
  }

  package func network(_ device: Device) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(
      backbone: backbone, classCount: classCount, decoderWidth: decoderWidth, dropout: dropout)
    return try BLPSeg(configuration, ParameterStore(device: device, seed: 1))
  }

  package func trainingStep(
    _ precision: Precision, usesGraphs: Bool = true, on device: Device
  ) throws -> TrainingStep {
    var configuration = TrainingConfiguration()
    configuration.usesGraphs = usesGraphs
    configuration.length = .iterations(1000)
    configuration.precision = precision
    let plan = configuration.plan(batchesPerEpoch: 1)
    return try TrainingStep(
      network(device), Objective(Objective.Settings().losses, learningFrom: plan.selfTraining), configuration,
      schedule: plan.schedule, seed: 0, on: device)
  }

  package func trainingBatch(for device: Device) throws -> Batch { try Batch((0..<batch).map(sample), for: device) }

  /// A crop with two strokes.
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

  /// Waves and noise.
  package static func photograph(_ width: Int, _ height: Int) -> Image {
    var stream = RandomStream(seed: 2, epoch: 0, index: 0)
    let pixels = (0..<width * height * 3).map { i -> UInt8 in
      let (row, column) = (i / 3 / width, i / 3 % width)
      let wave = sin(Double(column) / 40) * 60 + cos(Double(row) / 30) * 40
      return UInt8(128 + wave + stream.uniform(in: -20...20))
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
