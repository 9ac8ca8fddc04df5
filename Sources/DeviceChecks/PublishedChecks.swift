import Checkpoints
import Files
import Foundation
import Layers
import Losses
import Networks
import Tensors
import Training

/// A device's numbers against those of the published program, at the tolerances that hold on the CPU (Docs/Parity.md).
struct PublishedChecks {
  let numbers: PublishedNumbers
  let device: Device
  let builder: DeviceFindingsBuilder

  func run() {
    for type in [ElementType.float32, .float64] {
      builder.attempt("forward pass in \(type)") { try forward(type) }
      builder.attempt("local aggregation in \(type)") { try localAggregation(type) }
      builder.attempt("BLP loss in \(type)") { try blpLosses(type) }
    }
    for selfTraining in [false, true] {
      builder.attempt("training step") { try step(selfTraining: selfTraining) }
    }
    builder.attempt("AdamW") { try optimizer() }
  }

  private func input(_ name: String, _ type: ElementType) throws -> Tensor {
    try numbers.tensor(name).to(type).to(device).cloned()
  }

  private func forward(_ type: ElementType) throws {
    let network = try PublishedNumbers.network(type, on: device)
    let image = try input("image", type)
    let prediction = try withInference { try network(image, .evaluation) }
    let shallow = try withInference { try network.shallowFeature(image) }
    let odd = try withInference { try network(input("odd.image", type), .evaluation).logits() }
    for (name, found) in [
      ("eval.decoder", try prediction.decoded.sliced(1, 0, 16)), ("eval.shallow", shallow),
      ("eval.seg_before_lam", prediction.scores), ("eval.seg_after_lam", prediction.aggregated),
      ("eval.logits", try prediction.logits()), ("odd.logits", odd),
    ] {
      builder.compare("\(name), \(type)", try found.difference(from: numbers.tensor(name)), allowed: 1e-5)
    }
  }

  private func localAggregation(_ type: ElementType) throws {
    for method in [nil, AggregationMethod.chunks] {
      let feature = try input("lam_hard.feature", type).requiringGradient()
      let value = try input("lam_hard.value", type).requiringGradient()
      let out = try feature.locallyAggregated(value, sigma: 6, by: method)
      try out.backward(input("lam_hard.cotangent", type))
      for (name, found) in [("out", out), ("grad_feature", feature.gradient), ("grad_value", value.gradient)] {
        let difference = try found?.difference(from: numbers.tensor("lam_hard.\(name)")) ?? .infinity
        let way = method.map { " by \($0)" } ?? ""
        builder.compare("local aggregation\(way), \(name), \(type)", difference, allowed: 1e-5)
      }
    }
  }

  private func blpLosses(_ type: ElementType) throws {
    for gamma in [0.0, 1, 2] {
      let logits = try input("blp.pred", type).requiringGradient()
      let loss = try blpLoss(
        logits, scribbleLogits: input("blp.scribble_pred", type), labels: numbers.tensor("blp.label").to(device),
        gamma: gamma)
      try loss.backward()
      let expected = try numbers.number("blp.gamma=\(gamma)")
      builder.compare("BLP loss, gamma \(gamma), \(type)", abs(try loss.item() / expected - 1), allowed: 1e-5)
      let gradient = try logits.gradient?.difference(from: numbers.tensor("blp.grad.gamma=\(gamma)")) ?? .infinity
      builder.compare("BLP loss's gradient, gamma \(gamma), \(type)", gradient, allowed: 1e-5)
    }
  }

  /// Both losses of a training step, in float64, and their inputs.
  private func losses(
    _ network: BLPSeg, selfTraining: Bool
  ) throws -> (scribble: Tensor, segmentation: Tensor, logits: Tensor) {
    let prediction = try network(input("image", .float64), .training)
    let (logits, scribbleLogits) = (try prediction.logits(), try prediction.scribbleLogits())
    let labels = try numbers.tensor("scribble").to(device)
    let supervision =
      selfTraining
      ? try segmentationPseudoLabels(
        logits, labels: labels, classPresent: input("class_present", .float64), threshold: 0.9) : labels
    return (
      try scribbleLoss(scribbleLogits, labels, classWeight: network.scribbleClassWeight),
      try blpLoss(logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: 2), logits
    )
  }

  private func step(selfTraining: Bool) throws {
    let network = try PublishedNumbers.network(.float64, on: device)
    let (scribble, segmentation, logits) = try losses(network, selfTraining: selfTraining)
    try (scribble + segmentation).backward()
    let key = selfTraining ? "True" : "False"
    let section = "train.self_training=\(key)"
    let name = "training step\(selfTraining ? " with pseudo labels" : "")"
    for (loss, found) in [("loss_scrib", scribble), ("loss_seg", segmentation)] {
      let expected = try numbers.number(section, loss)
      builder.compare("\(name), \(loss)", abs(try found.item() / expected - 1), allowed: 1e-10)
    }
    let seen = try logits.sliced(2, 0, 96, step: 2).sliced(3, 0, 96, step: 2)
    let difference = try seen.difference(from: numbers.tensor("train.\(key).seg_pred"))
    builder.compare("\(name), logits", difference, allowed: 1e-7)
    // Gradients below that norm are zero but for rounding: a batch normalisation follows these biases.
    let norms = try numbers.numbers(section, "grad_norm").filter { $0.value >= 1e-9 }
    let differences: [Double] = try norms.map { norm in
      abs((try network.store[norm.key]?.gradient?.norm().item() ?? .infinity) / norm.value - 1)
    }
    builder.compare("\(name), \(norms.count) gradients' norms", differences.worst, allowed: 1e-7)
  }

  /// Four steps; each enlarges roundings some hundred times.
  private func optimizer() throws {
    let network = try PublishedNumbers.network(.float64, on: device)
    let optimizer = try AdamW(network.store.parameters)
    let schedule = PolynomialSchedule(base: 3e-5, power: 0.9, iterations: 40)
    let allowed = [1e-10, 1e-7, 1e-5, 1e-3]
    for (iteration, expected) in try numbers.steps("adamw_steps").enumerated() where iteration < allowed.count {
      let (scribble, segmentation, _) = try losses(network, selfTraining: iteration >= 2)
      let differences = [
        abs(try scribble.item() / (expected["loss_scrib"] ?? .nan) - 1),
        abs(try segmentation.item() / (expected["loss_seg"] ?? .nan) - 1),
      ]
      builder.compare("AdamW, losses of step \(iteration)", differences.worst, allowed: allowed[iteration])
      optimizer.clearGradients()
      try (scribble + segmentation).backward()
      try optimizer.step(learningRate: schedule.learningRate(at: iteration))
    }
  }
}

/// Inputs and results of the published program: `golden.safetensors` and `golden.json`, whose README says how they were
/// made.
struct PublishedNumbers {
  private let tensors: StateDict
  private let values: [String: Any]

  /// Reads both files of a folder.
  init(_ folder: String) throws {
    tensors = try WeightsFile.read("\(folder)/golden.safetensors")
    let path = "\(folder)/golden.json"
    let content = try JSONSerialization.jsonObject(with: try InputFile.read(path))
    guard let values = content as? [String: Any] else { throw FileError.invalid(path, "holds no JSON object") }
    self.values = values
  }

  /// The tensor of this name, on the CPU.
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw FileError.invalid("golden.safetensors", "holds no tensor '\(name)'")
    }
    return tensor
  }

  /// A number by its keys from the outside in.
  func number(_ keys: String...) throws -> Double {
    guard let number = value(keys) as? Double else { throw missing(keys) }
    return number
  }

  /// Numbers by their names.
  func numbers(_ keys: String...) throws -> [String: Double] {
    guard let numbers = value(keys) as? [String: Double] else { throw missing(keys) }
    return numbers
  }

  /// The steps of a run.
  func steps(_ key: String) throws -> [[String: Double]] {
    guard let steps = values[key] as? [[String: Double]] else { throw missing([key]) }
    return steps
  }

  private func value(_ keys: [String]) -> Any? {
    keys.reduce(values as Any?) { ($0 as? [String: Any])?[$1] }
  }

  private func missing(_ keys: [String]) -> FileError {
    FileError.invalid("golden.json", "holds no '\(keys.joined(separator: " "))'")
  }

  /// The network that the numbers are of, with its weights.
  static func network(_ type: ElementType, on device: Device) throws -> BLPSeg {
    let network = try BLPSeg(
      BLPSegConfiguration(backbone: .resnet50, classCount: 21, dropout: 0), ParameterStore(type: type, device: device))
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }
}

extension [Double] {
  /// The largest, infinity where one is NaN or there is none.
  var worst: Double { isEmpty || contains(where: \.isNaN) ? .infinity : reduce(0, Swift.max) }
}

extension Tensor {
  /// The largest difference of any element from `expected`, over the largest magnitude there, in float64 on the CPU.
  func difference(from expected: Tensor) throws -> Double {
    guard shape == expected.shape else {
      throw TorchError(operation: "difference", shapes: [shape, expected.shape], message: "the shapes differ")
    }
    let (found, expected) = (try detached().doubles(), try expected.detached().doubles())
    var (worst, magnitude) = (0.0, 0.0)
    for (a, b) in zip(found, expected) {
      let difference = abs(a - b)
      worst = difference.isNaN ? .infinity : max(worst, difference)
      magnitude = max(magnitude, abs(b))
    }
    return worst == 0 ? 0 : worst / magnitude
  }
}
