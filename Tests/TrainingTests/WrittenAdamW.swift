import Layers
import Tensors

/// AdamW's first update in single operators, as Loshchilov and Hutter write it or with something wrong.
struct WrittenAdamW: CustomStringConvertible {
  enum Decay: String {
    case beforeStep, afterStep, inGradient
  }

  var description: String
  var epsilon = 1e-8
  var correctsBias = true
  var decay = Decay.beforeStep
  /// Of the learning rate.
  var factor = 1.0

  static let correct = WrittenAdamW(description: "as written")
  static let mistakes = [
    WrittenAdamW(description: "epsilon of 1e-7", epsilon: 1e-7),
    WrittenAdamW(description: "no bias correction", correctsBias: false),
    WrittenAdamW(description: "decay after the step", decay: .afterStep),
    WrittenAdamW(description: "decay in the gradient", decay: .inGradient),
    WrittenAdamW(description: "a rate 1 % too large", factor: 1.01),
  ]

  /// The parameter after an update from its gradient.
  func updated(_ parameter: Tensor, _ gradient: Tensor, rate: Double) throws -> Tensor {
    let (beta1, beta2, weightDecay) = (0.9, 0.999, 0.01)
    let gradient = decay == .inGradient ? try gradient + parameter * weightDecay : gradient
    let rate = rate * factor
    let kept = 1 - rate * weightDecay
    let first = try gradient * ((1 - beta1) / (correctsBias ? 1 - beta1 : 1))
    let second = try gradient * gradient * ((1 - beta2) / (correctsBias ? 1 - beta2 : 1))
    let step = try first / (second.power(0.5) + epsilon) * rate
    switch decay {
    case .beforeStep: return try parameter * kept - step
    case .afterStep: return try (parameter - step) * kept
    case .inGradient: return try parameter - step
    }
  }
}
