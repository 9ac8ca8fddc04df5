import Images
import Tensors

/// How a network is trained (Docs/Method.md, "Losses" and "Training").
public struct TrainingConfiguration: Sendable, Equatable {
  public enum Precision: String, Sendable, CaseIterable {
    case float32, bfloat16, float16

    /// The type in which autocast computes, if any.
    public var autocastType: ElementType? {
      switch self {
      case .float32: nil
      case .bfloat16: .bfloat16
      case .float16: .float16
      }
    }

    /// What computes where this precision is asked for: float32 in place of 16 bits that the device has no instructions
    /// for, which would be less precise and several times slower.
    public func computed(on device: Device) -> Precision {
      guard let autocastType, !device.multiplies(autocastType) else { return self }
      return .float32
    }

    /// What people are told where the device computes in another precision than this one, which was asked for.
    public func replacement(on device: Device) -> String? {
      let computed = computed(on: device)
      guard computed != self else { return nil }
      return "computing in \(computed.rawValue), which is faster: this processor has no instructions for \(rawValue)"
    }
  }

  /// T, the number of optimiser steps.
  public var iterations: Int
  public var learningRate = 3e-5
  /// Exponent of the learning rate's decay.
  public var power = 0.9
  public var optimizer = AdamW.Settings()
  public var precision = Precision.float32
  /// Exponent of the BLP loss's weight.
  public var gamma = 2.0
  /// The first iteration that learns from pseudo labels.
  public var selfTrainingStart = 10_000
  /// Probability from which on a pseudo label is believed.
  public var selfTrainingThreshold = 0.9
  /// Epochs between validations; 0 is never.
  public var validateEvery = 1
  /// Iterations between checkpoints; 0 is at the end of each epoch only.
  public var checkpointEvery = 500
  /// Iterations between log entries.
  public var logEvery = 10
  /// Iterations between pictures of a batch for TensorBoard; 0 is never.
  public var picturesEvery = 100
  /// The colours of the classes in these pictures.
  public var colors = ColorMap.bright
  public var seed: UInt64 = 0

  public init(iterations: Int) { self.iterations = iterations }

  public var schedule: PolynomialSchedule {
    PolynomialSchedule(base: learningRate, power: power, iterations: iterations)
  }
}
