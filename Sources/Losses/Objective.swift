import Tensors

/// What training minimises: a weighted sum of named losses, and the source of the labels that they learn from.
public struct Objective {
  /// The settings of all losses.
  public struct Settings: Sendable, Equatable {
    /// Exponent of the BLP loss's weight: how strongly pixels that are often annotated or already learnt are weighted
    /// down, 0...10.
    public var gamma = 2.0

    public init() {}

    /// The losses that have these settings, in the order in which they are reported. A new loss is added to this list.
    public var losses: [any Loss] {
      [
        ScribbleLoss(),
        BLPLoss(gamma: gamma),
      ]
    }
  }

  /// In the order in which they are reported.
  public let losses: [any Loss]
  public let labels: any LabelSource

  public init(_ losses: [any Loss], learningFrom labels: any LabelSource) {
    self.losses = losses
    self.labels = labels
  }

  /// The weighted sum of the losses of one image, and what each adds to it in the order of `losses`.
  ///
  /// `iteration` counts from 0.
  public func callAsFunction(
    _ image: LossInput, iteration: Int
  ) throws -> (sum: Tensor, parts: [Double]) {
    var image = image
    image.supervision = try labels.supervision(for: image, at: iteration)
    var sum: Tensor?
    var parts: [Double] = []
    for loss in losses {
      let value = try loss(image)
      let part = loss.weight == 1 ? value : try value * loss.weight
      parts.append(try part.item())
      sum = try sum.map { try $0 + part } ?? part
    }
    return (try sum ?? image.logits.sum() * 0, parts)
  }
}

/// The losses of a step, before its update, as they add up: each with its factor.
public struct LossValues: Sendable, Equatable, CustomStringConvertible {
  public struct Part: Sendable, Equatable {
    public let name: String
    public let value: Double
  }

  /// In the objective's order.
  public let parts: [Part]

  public init(_ names: [String], _ values: [Double]) {
    precondition(names.count == values.count, "each loss has a name and a value")
    parts = zip(names, values).map(Part.init)
  }

  public var total: Double { parts.reduce(0) { $0 + $1.value } }

  /// The value of the loss of this name; nil where the objective has none.
  public subscript(name: String) -> Double? { parts.first { $0.name == name }?.value }

  public var description: String { parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }
}
