import Foundation

/// The learning rate base (1 - t / (T + 1))^power at iteration t of T (Docs/Method.md, "Training").
public struct PolynomialSchedule: Sendable, Equatable {
  public let base: Double
  public let power: Double
  /// T.
  public let iterations: Int

  public init(base: Double, power: Double, iterations: Int) {
    self.base = base
    self.power = power
    self.iterations = iterations
  }

  /// `iteration` counts from 0.
  public func learningRate(at iteration: Int) -> Double {
    base * pow(1 - Double(min(iteration, iterations)) / Double(iterations + 1), power)
  }
}
