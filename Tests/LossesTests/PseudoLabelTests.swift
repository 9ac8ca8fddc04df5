import Losses
import Tensors
import TestSupport
import Testing

@Suite("Pseudo labels")
struct PseudoLabelTests {
  /// One image of pixels in a row; `scores` lists the scores of each pixel.
  private func logits(_ scores: [[Double]]) throws -> Tensor {
    let channels = (0..<scores[0].count).flatMap { c in scores.map { $0[c] } }
    return try Tensor(channels, [1, scores[0].count, 1, scores.count])
  }

  private func segmentation(
    _ scores: [[Double]], _ labels: [Int64], present: [Double] = [1, 1, 1], threshold: Double
  ) throws -> [Int64] {
    try segmentationPseudoLabels(
      logits(scores), labels: Tensor(labels, [1, 1, labels.count]),
      classPresent: Tensor(present, [1, present.count, 1, 1]), threshold: threshold
    ).int64s()
  }

  @Test("a probability equal to the threshold is believed, one below is ignored")
  func threshold() throws {
    // Softmax of (0, 0, -1000) is (0.5, 0.5, 0) exactly.
    let scores = [[-1000.0, 0, 0], [0, 0, 0]]
    #expect(try segmentation(scores, [3, 3], threshold: 0.5) == [1, 255])
    #expect(try segmentation(scores, [3, 3], threshold: 0.5.nextUp) == [255, 255])
    #expect(try segmentation(scores, [3, 3], threshold: 0) == [1, 0])
  }

  @Test("a class that does not occur in the image is never the answer")
  func absent() throws {
    let scores = [[0.0, 5, 1], [9, 0, 0], [0, 30, 0]]
    #expect(try segmentation(scores, [3, 3, 3], threshold: 0.9) == [1, 0, 1])
    #expect(try segmentation(scores, [3, 3, 3], present: [1, 0, 1], threshold: 0.9) == [255, 0, 255])
    #expect(try segmentation(scores, [3, 3, 3], present: [1, 0, 1], threshold: 0) == [2, 0, 0])
  }

  @Test("scribbles are kept and padding stays ignored, however sure the network is")
  func scribbles() throws {
    let scores = [[30.0, 0, 0], [30, 0, 0], [30, 0, 0], [0, 0, 0]]
    #expect(try segmentation(scores, [1, 255, 3, 2], threshold: 0.9) == [1, 255, 0, 2])
  }

  @Test("each image has classes of its own")
  func images() throws {
    let logits = try Tensor([0.0, 9, 0, 9], [2, 2, 1, 1])
    let labels = try segmentationPseudoLabels(
      logits, labels: Tensor([Int64(2), 2], [2, 1, 1]), classPresent: Tensor([1.0, 1, 1, 0], [2, 2, 1, 1]),
      threshold: 0)
    #expect(try labels.int64s() == [1, 0])
  }

  @Test("nothing is recorded for backward")
  func detached() throws {
    let logits = try logits([[1, 2, 3]]).requiringGradient()
    let present = try Tensor.filled(1, [1, 3, 1, 1], .float64)
    let labels = try Tensor([Int64(3)], [1, 1, 1])
    let found = try segmentationPseudoLabels(logits, labels: labels, classPresent: present, threshold: 0.9)
    #expect(!found.requiresGradient)
    #expect(found.type == .int64)
  }

  @Test("of the annotation map: the likeliest class present, 255 for none, scribbles kept")
  func scribbleMap() throws {
    // Two classes and "no scribble"; the second is absent from the image, so its score counts as 0.
    let scores = [[2.0, 1, 1], [1, 1, 3], [2, 9, 1], [0, 9, 5], [-1, 9, -2]]
    let found = try scribblePseudoLabels(
      logits(scores), labels: Tensor([2, 2, 2, 1, 2] as [Int64], [1, 1, 5]),
      classPresent: Tensor([1.0, 0], [1, 2, 1, 1]))
    #expect(try found.int64s() == [0, 255, 0, 1, 1])
  }
}
