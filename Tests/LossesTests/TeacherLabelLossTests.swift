import Foundation
import Losses
import Tensors
import TestSupport
import Testing

@Suite("Labels of a teacher")
struct TeacherLabelLossTests {
  /// Three classes of which the last is absent; labelled nothing, nothing, 1, padding.
  private var image: SmallImage {
    var image = SmallImage(classes: 3, height: 1, width: 4)
    image.labels = [3, 3, 1, 255]
    image.present = [1, 1, 0]
    return image
  }
  private let own = [[0.2, 0.3, 0.3, 0.3], [0.7, 0.3, 0.3, 0.3], [0.1, 0.4, 0.4, 0.4]]
  /// Without the last class the first pixel's are (0.75, 0.25), the others' (0.5, 0.5).
  private let taught = [[0.3, 0.2, 0.9, 0.9], [0.1, 0.2, 0.05, 0.05], [0.6, 0.6, 0.05, 0.05]]

  private func result(
    threshold: Double, iteration: Int = 7, teacher: Bool = true
  ) throws -> (value: Double, gradient: [Double]) {
    var loss = TeacherLabelLoss()
    loss.weight = 1
    loss.threshold = threshold
    let objective = Objective(
      [loss], learningFrom: SelfTraining(from: 7, threshold: 0.9))
    let logits = try image.logits(own)
    let taught = teacher && iteration >= 7 ? try image.logits(taught).detached() : nil
    let sum = try objective(image.input(logits, taught: taught), iteration: iteration).sum
    try sum.backward()
    return (try sum.item(), try #require(logits.gradient).doubles())
  }

  @Test("are its sure answers among the photograph's classes, softly; the mean is over all unlabelled pixels")
  func value() throws {
    let found = try result(threshold: 0.7)
    #expect(abs(found.value + (0.75 * log(0.2) + 0.25 * log(0.7)) / 2).isWithin(1e-12))
    #expect([1, 2, 3, 5, 6, 7].allSatisfy { found.gradient[$0] == 0 })
    #expect(abs(found.gradient[0] - (0.2 - 0.75) / 2).isWithin(1e-12))
  }

  @Test("count from the threshold on") func threshold() throws {
    let sums = [0.75 * log(0.2) + 0.25 * log(0.7), 0.5 * log(0.3) + 0.5 * log(0.3)]
    #expect(abs(try result(threshold: 0.4).value + (sums[0] + sums[1]) / 2).isWithin(1e-12))
    #expect(try result(threshold: 0.76).value == 0)
  }

  @Test("are none before self-training begins") func start() throws {
    let found = try result(threshold: 0.7, iteration: 6)
    #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
  }

  @Test("are the network's own without another teacher") func ownLabels() throws {
    let q = 0.2 / 0.9
    let expected = -(q * log(0.2) + (1 - q) * log(0.7)) / 2
    #expect(abs(try result(threshold: 0.7, teacher: false).value - expected).isWithin(1e-12))
  }

  @Test("also become the pseudo labels of self-training") func pseudoLabels() throws {
    var blp = BLPLoss()
    blp.gamma = 0
    let labels = SelfTraining(from: 0, threshold: 0.5)
    let answer = try image.logits([[0.9, 0.2, 0.9, 0.9], [0.05, 0.6, 0.05, 0.05], [0.05, 0.2, 0.05, 0.05]])
    let logits = try image.logits(own)
    let input = try image.input(logits, taught: answer.detached())
    let found = try Objective([blp], learningFrom: labels)(input, iteration: 0).sum.item()
    // The teacher says 0 and 1; the third pixel has its scribble.
    #expect(abs(found + (log(0.2) + log(0.3) + log(0.3)) / (3 + 1e-7)).isWithin(1e-12))
  }
}
