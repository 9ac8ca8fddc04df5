import Foundation
import Layers
import Losses
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Training agrees with the published program in float64")
struct GoldenTrainingTests {
  /// Of the losses of the first step, relative.
  static let lossTolerance = 1e-10
  /// Of the losses after several steps, and of gradient norms, relative.
  static let stepTolerance = 1e-7
  /// Below it lie gradients that are exactly zero but for rounding: a batch normalisation follows these biases.
  static let roundingNoise = 1e-9

  /// Losses of one training step, recorded for `backward`.
  private func step(
    _ golden: GoldenNetwork, selfTraining: Bool
  ) throws -> (scribble: Tensor, segmentation: Tensor, logits: Tensor, scribbleLogits: Tensor, pseudo: Tensor) {
    let prediction = try golden.network(golden.input("image", .float64), .training)
    let (logits, scribbleLogits) = (try prediction.logits(), try prediction.scribbleLogits())
    let labels = try golden.labels("scribble")
    let present = try golden.input("class_present", .float64)
    let pseudo = try segmentationPseudoLabels(logits, labels: labels, classPresent: present, threshold: 0.9)
    let scribble = try scribbleLoss(scribbleLogits, labels, classWeight: golden.network.scribbleClassWeight)
    let segmentation = try blpLoss(
      logits, scribbleLogits: scribbleLogits, labels: selfTraining ? pseudo : labels, gamma: 2)
    return (scribble, segmentation, logits, scribbleLogits, pseudo)
  }

  @Test("losses, predictions, pseudo labels and every gradient norm agree", arguments: [false, true])
  func firstStep(selfTraining: Bool) throws {
    let golden = try GoldenNetwork(.float64)
    let key = selfTraining ? "True" : "False"
    let expected = golden.numbers("train.self_training=\(key)")
    let result = try step(golden, selfTraining: selfTraining)
    try (result.scribble + result.segmentation).backward()

    let scribble = try #require(expected["loss_scrib"] as? Double)
    let segmentation = try #require(expected["loss_seg"] as? Double)
    for (found, expected) in [(try result.scribble.item(), scribble), (try result.segmentation.item(), segmentation)] {
      #expect(abs(found - expected).isWithin(Self.lossTolerance * expected), "\(found), expected \(expected)")
    }

    let seen = try result.logits.sliced(2, 0, 96, step: 2).sliced(3, 0, 96, step: 2)
    let closeness = try Closeness(seen, try golden.tensors("train.\(key).seg_pred").doubles)
    #expect(closeness.relative.isWithin(Self.stepTolerance), "seg_pred: \(closeness)")

    let labels = try golden.labels("scribble")
    let present = try golden.input("class_present", .float64)
    let shown = try scribblePseudoLabels(result.scribbleLogits, labels: labels, classPresent: present)
    #expect(try shown.int64s() == golden.tensors("train.\(key).scrib_pseudo").int64s)
    #expect(try result.pseudo.int64s() == golden.tensors("train.\(key).seg_pseudo").int64s)

    let norms = try #require(expected["grad_norm"] as? [String: Double])
    var compared = 0
    for entry in golden.network.store.parameters {
      guard let norm = norms[entry.name] else {
        #expect(entry.tensor.gradient == nil, "\(entry.name) has a gradient that is not expected")
        continue
      }
      let found = try #require(entry.tensor.gradient, "\(entry.name) has no gradient").norm().item()
      compared += 1
      if norm < Self.roundingNoise {
        #expect(found.isWithin(Self.roundingNoise), "\(entry.name)")
      } else {
        #expect(abs(found - norm).isWithin(Self.stepTolerance * norm), "\(entry.name): \(found), expected \(norm)")
      }
    }
    #expect(compared == norms.count)
  }
}
