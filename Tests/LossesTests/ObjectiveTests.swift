import Images
import Losses
import Tensors
import TestSupport
import Testing

@Suite("The objective")
struct ObjectiveTests {
  /// A loss that is its value times the first logit.
  private struct Slope: Loss {
    let name: String
    let explanation = "nothing"
    let value: Double
    let weight: Double

    func callAsFunction(_ image: LossInput) throws -> Tensor { try image.logits.sum() * value }
  }

  /// The labels that it is given as supervision, as a number.
  private struct Supervision: Loss {
    let name = "supervision"
    let explanation = "the labels"

    func callAsFunction(_ image: LossInput) throws -> Tensor { try image.supervision.to(.float64).sum() }
  }

  private struct Sevens: LabelSource {
    func supervision(for image: LossInput, at iteration: Int) throws -> Tensor {
      try image.labels + Double(7 * iteration)
    }
  }

  private func image(_ logits: Tensor) throws -> LossInput {
    let one = try Tensor([1.0], [1])
    return LossInput(
      logits: logits, scribbleLogits: logits, photograph: logits, features: logits,
      labels: try Tensor([Int64(1)], [1, 1, 1]), classPresent: one,
      batch: LossBatch(
        images: 1, scribbleClassWeight: one, scribbleWeight: one, labelCounts: LabelCounts { one },
        normalization: .imageNet))
  }

  @Test("is the sum of its losses, each with its factor, and so is its gradient") func sum() throws {
    let logits = try Tensor([2.0], [1, 1, 1, 1]).requiringGradient()
    let objective = Objective(
      [Slope(name: "a", value: 3, weight: 1), Slope(name: "b", value: 5, weight: 0.5)], learningFrom: Sevens())
    let (sum, parts) = try objective(image(logits), iteration: 0)
    #expect(try parts.map { try $0.item() } == [6, 5])
    #expect(try sum.item() == 11)
    try sum.backward()
    #expect(try logits.gradient?.doubles() == [5.5])
  }

  @Test("its labels come from its source, at each iteration") func labels() throws {
    let objective = Objective([Supervision()], learningFrom: Sevens())
    let logits = try Tensor([2.0], [1, 1, 1, 1])
    #expect(try objective(image(logits), iteration: 0).parts.map { try $0.item() } == [1])
    #expect(try objective(image(logits), iteration: 2).parts.map { try $0.item() } == [15])
  }

  @Test("without losses is 0") func empty() throws {
    let (sum, parts) = try Objective([], learningFrom: Sevens())(image(Tensor([2.0], [1, 1, 1, 1])), iteration: 0)
    #expect(parts.isEmpty)
    #expect(try sum.item() == 0)
  }

  @Test("the settings' losses have names of their own, in files and for readers") func names() {
    let losses = Objective.Settings().losses
    #expect(losses.map(\.name) == ["scribble", "blp"])
    #expect(losses.map(\.metricsKey) == ["scribble_loss", "segmentation_loss"])
    #expect(losses.map(\.title) == ["scribble loss", "BLP loss"])
    #expect(losses.allSatisfy { !$0.explanation.isEmpty })
  }

  @Test("a loss takes part where its weight is above 0, under names that no other has") func weights() {
    var settings = Objective.Settings()
    settings.scribble.weight = 0
    settings.potts.weight = 0.5
    #expect(settings.losses.map(\.name) == ["blp", "potts"])
    #expect(settings.losses.map(\.weight) == [1, 0.5])
    settings.scribble.weight = 2
    settings.partialCrossEntropy.weight = 1
    settings.absentClasses.weight = 1
    settings.tags.weight = 1
    settings.entropy.weight = 1
    settings.teacherLabels.weight = 1
    settings.selfLabels.weight = 1
    settings.gatedCRF.weight = 1
    settings.denseCRF.weight = 1
    settings.treeEnergy.weight = 1
    let losses = settings.losses
    #expect(losses.count == 12)
    #expect(Set(losses.map(\.name)).count == 12 && Set(losses.map(\.metricsKey)).count == 12)
    #expect(Set(losses.map(\.title)).count == 12)
    #expect(losses.allSatisfy { !$0.explanation.isEmpty && $0.weight > 0 })
    #expect(
      losses.filter(\.needsHost).map(\.name) == ["tags", "potts", "selflabels", "gated", "dense", "tree"],
      "the others run on a GPU alone, and can be recorded there")
  }

  @Test("scores of scribbles are learnt from the scribble loss alone") func scribbles() {
    func learns(_ losses: [any Loss]) -> Bool { Objective(losses, learningFrom: Sevens()).losses.learnScribbles }
    #expect(learns([ScribbleLoss(), BLPLoss()]))
    #expect(!learns([BLPLoss(), PartialCrossEntropy()]))
  }

  @Test("values are found by name, and add up") func values() {
    let values = LossValues(["scribble", "blp"], [0.5, 2])
    #expect(values["blp"] == 2 && values["other"] == nil)
    #expect(values.total == 2.5)
    #expect("\(values)" == "scribble 0.5, blp 2.0")
  }
}
