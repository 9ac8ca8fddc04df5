import Tensors

/// What training minimises: a weighted sum of named losses, and the source of the labels that they learn from.
public struct Objective {
  /// All losses with their settings; those of weight 0 take no part. Defaults are the published objective.
  public struct Settings: Sendable, Equatable {
    public var scribble = ScribbleLoss()
    public var blp = BLPLoss()
    public var partialCrossEntropy = PartialCrossEntropy()
    public var absentClasses = AbsentClassLoss()
    public var tags = TagLoss()
    public var tagClassifier = TagClassifierLoss()
    public var entropy = EntropyLoss()
    public var teacherLabels = TeacherLabelLoss()
    public var potts = PottsLoss()
    public var selfLabels = SelfLabelLoss()
    public var gatedCRF = GatedCRFLoss()
    public var denseCRF = DenseCRFLoss()
    public var treeEnergy = TreeEnergyLoss()

    public init() {}

    /// Side in pixels of the photograph of what losses take for a pixel, 1...32.
    public var stride = 1

    /// Side in pixels of the grid cells of all losses of pairs, 1...32.
    public var cellSide: Int {
      get { potts.cellSide }
      set {
        potts.cellSide = newValue
        selfLabels.cellSide = newValue
        gatedCRF.cellSide = newValue
        denseCRF.cellSide = newValue
        treeEnergy.cellSide = newValue
      }
    }

    /// The losses that take part, in the order in which they are reported. A new loss is added to this list.
    package var losses: [any Loss] {
      let all: [any Loss] = [
        scribble, blp, partialCrossEntropy, absentClasses, tags, tagClassifier, entropy, teacherLabels, potts,
        selfLabels, gatedCRF, denseCRF, treeEnergy,
      ]
      return all.filter { $0.weight > 0 }
    }
  }

  /// In the order in which they are reported.
  package let losses: [any Loss]
  package let labels: any LabelSource
  /// The teacher, where it is not the network itself.
  package let teacher: (any Teacher)?
  /// Side in pixels of the photograph of what losses take for a pixel, 1...32; sides of photographs are multiples of it.
  package let stride: Int

  package init(
    _ losses: [any Loss], learningFrom labels: any LabelSource, teacher: (any Teacher)? = nil, stride: Int = 1
  ) {
    self.losses = losses
    self.labels = labels
    self.teacher = teacher
    self.stride = stride
  }

  /// Whether one of the losses cannot be held by a CUDA graph.
  package var needsHost: Bool { losses.contains { $0.needsHost } }

  /// The teacher's scores of normalised photographs, without gradient; nil where there is no teacher, or not yet.
  package func teacherScores(of photographs: Tensor, iteration: Int) throws -> Tensor? {
    labels.learnsFromTeacher(at: iteration) ? try teacher?.scores(of: photographs) : nil
  }

  /// The weighted sum of the losses of one image, and what each adds to it in the order of `losses`, without gradient: all are
  /// tensors without dimensions, since whoever reads a number waits for the device.
  ///
  /// `iteration` counts from 0.
  package func callAsFunction(
    _ image: LossInput, iteration: Int
  ) throws -> (sum: Tensor, parts: [Tensor]) {
    var image = image
    if labels.learnsFromTeacher(at: iteration) {
      image.teacherLogits = try image.teacherLogits ?? image.logits.detached()
    }
    image.supervision = try labels.supervision(for: image, at: iteration)
    var sum: Tensor?
    var parts: [Tensor] = []
    for loss in losses {
      let value = try loss(image)
      let part = loss.weight == 1 ? value : try value * loss.weight
      parts.append(try part.detached())
      sum = try sum.map { try $0 + part } ?? part
    }
    return (try sum ?? image.logits.sum() * 0, parts)
  }
}

/// The losses of a step, before its update, as they add up: each with its factor.
package struct LossValues: Sendable, Equatable, CustomStringConvertible {
  package struct Part: Sendable, Equatable {
    package let name: String
    package let value: Double
  }

  /// In the objective's order.
  package let parts: [Part]

  package init(_ names: [String], _ values: [Double]) {
    precondition(names.count == values.count, "each loss has a name and a value")
    parts = zip(names, values).map(Part.init)
  }

  package var total: Double { parts.reduce(0) { $0 + $1.value } }

  /// The value of the loss of this name; nil where the objective has none.
  package subscript(name: String) -> Double? { parts.first { $0.name == name }?.value }

  package var description: String { parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }
}
