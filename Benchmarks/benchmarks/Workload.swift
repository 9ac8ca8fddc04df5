import Batches
import CRF
import Datasets
import DeviceChecks
import Foundation
import Images
import Networks
import Prediction
import Tensors
import Training

/// The tasks as this package does them, on fixed inputs; in 16 bits, where a user who asks for them would have them.
struct Workload {
  static let classCount = DeviceWorkload.published.classCount
  /// Images that one loading goes through.
  static let imageCount = 32

  /// A folder of photographs and scribbles, as `TrainingData` lays it out.
  let data: String
  /// 0 is LibTorch's choice.
  let threads: Int

  /// What does the task once and returns the seconds that count.
  func prepared(_ task: Task) throws -> () throws -> Double {
    switch task {
    case .trainingStepFloat32: try trainingStep(.float32)
    case .trainingStepBFloat16: try trainingStep(.bfloat16)
    case .singleViewFloat32: try prediction(.single, .float32)
    case .singleViewBFloat16: try prediction(.single, .bfloat16)
    case .multiScaleFloat32: try prediction(.published, .float32)
    case .multiScaleBFloat16: try prediction(.published, .bfloat16)
    case .localAggregationForward: try localAggregation().forward
    case .localAggregationBackward: try localAggregation().backward
    case .localAggregationProducts: try products(backward: false)
    case .localAggregationBackwardProducts: try products(backward: true)
    case .loading: try loading()
    case .denseCRF: try denseCRF()
    case .startUp: try startUp()
    }
  }

  /// What a point of growth does: a photograph to its labels, or several images to their logits.
  func prepared(_ point: GrowthPoint) throws -> () throws -> Double {
    switch point.task {
    case .trainingStep: return try trainingStep(.float32, side: point.side, batch: point.batch)
    case .view where point.batch == 1: return try prediction(.single, .float32, point.side, point.side)
    case .view:
      let network = try network().inference
      let images = try Tensor.normal([point.batch, 3, point.side, point.side])
      return { try seconds { _ = try network.scores(of: network.encode(images)).logits(0..<point.side) } }
    }
  }

  private func network() throws -> BLPSeg { try DeviceWorkload.published.network(.cpu) }

  private func startUp() throws -> () throws -> Double {
    let network = try network()
    return { withExtendedLifetime(network) { 0 } }
  }

  private func trainingStep(
    _ precision: Precision, side: Int = 384, batch: Int = 2
  ) throws -> () throws -> Double {
    let workload = DeviceWorkload(batch: batch, crop: side)
    let step = try workload.trainingStep(precision.computed(on: .cpu), on: .cpu)
    let batch = try workload.trainingBatch(for: .cpu)
    return { try seconds { _ = try step(batch, iteration: 0) } }
  }

  private func prediction(
    _ views: Views, _ precision: Precision, _ width: Int = 500, _ height: Int = 375
  ) throws -> () throws -> Double {
    let predictor = try Predictor(network(), views: views, autocastType: precision.computed(on: .cpu).autocastType)
    let photograph = DeviceWorkload.photograph(width, height)
    return { try seconds { _ = try predictor(photograph).labels() } }
  }

  private func localAggregation() throws -> (forward: () throws -> Double, backward: () throws -> Double) {
    let feature = try (Tensor.normal([2, 256, 96, 96]) * 0.25)
    let value = try Tensor.normal([2, Self.classCount, 96, 96])
    let forward = { try seconds { _ = try withoutGradient { try feature.locallyAggregated(value, sigma: 6) } } }
    let backward = {
      let (f, v) = (try feature.detached().requiringGradient(), try value.detached().requiringGradient())
      let out = try f.locallyAggregated(v, sigma: 6)
      let cotangent = try out.detached()
      return try seconds { try out.backward(cotangent) }
    }
    return (forward, backward)
  }

  /// Forward: f^T f and v times it. Backward: f^T f again, d^T v for the weights' gradient, d times the weights for v, and
  /// f times the gradient of the scores, which is taken once for both of its sides.
  private func products(backward: Bool) throws -> () throws -> Double {
    let feature = try (Tensor.normal([2, 256, 96 * 96]) * 0.25)
    let value = try Tensor.normal([2, Self.classCount, 96 * 96])
    return {
      try seconds {
        try withoutGradient {
          for image in 0..<2 {
            let (f, v) = (try feature.selected(0, image), try value.selected(0, image))
            let scores = try product(transposed(f), f)
            _ = try product(v, scores)
            guard backward else { continue }
            _ = try product(transposed(v), v)
            _ = try product(f, scores)
          }
        }
      }
    }
  }

  private func product(_ a: Tensor, _ b: Tensor) throws -> Tensor { try Operator.mm(a, b) }

  private func transposed(_ a: Tensor) throws -> Tensor { try Operator.transpose(a, 0, 1) }

  private func loading() throws -> () throws -> Double {
    let dataset = try TrainingData(folder: data).dataset()
    let augmentation = Augmentation(crop: 384)
    return {
      try seconds {
        for (index, item) in dataset.items.prefix(Self.imageCount).enumerated() {
          var stream = RandomStream(seed: 1, epoch: 0, index: index)
          _ = augmentation.augmented(
            try dataset.load(item), classCount: Self.classCount, .imageNet, using: &stream)
        }
      }
    }
  }

  private func denseCRF() throws -> () throws -> Double {
    let photograph = try Image(contentsOf: TrainingData(folder: data).photograph(0))
    var stream = RandomStream(seed: 3, epoch: 0, index: 0)
    let count = photograph.width * photograph.height
    let weights = (0..<Self.classCount * count).map { _ in Float(pow(stream.uniform(in: 0.01...1), 4)) }
    let sums = (0..<count).map { i in (0..<Self.classCount).reduce(Float(0)) { $0 + weights[$1 * count + i] } }
    // Through a tensor, as a network's come: LibTorch is at work then, and what it sets up for the heap.
    let probability = try Tensor(weights.indices.map { weights[$0] / sums[$0 % count] }, [weights.count]).floats()
    return {
      seconds {
        _ = DenseCRF().refined(probability, classCount: Self.classCount, image: photograph, threads: 1)
      }
    }
  }
}

extension Operator {
  fileprivate static let mm = Operator("mm")
  fileprivate static let transpose = Operator("transpose", "int")
}
