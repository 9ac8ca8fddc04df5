import Batches
import Checkpoints
import Losses

/// A loss that is infinite or not a number; the run cannot go on from it.
public struct NonFiniteLoss: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is known of how it came about.
  public enum Cause: Equatable, Sendable {
    /// Parameters were no numbers before the step.
    case parameters(NonFiniteTensors)
    /// Nothing has been learnt yet.
    case start
    case unknown
  }

  public let iteration: Int
  /// The images of the batch.
  public let ids: [String]
  public let losses: LossValues
  public let cause: Cause

  public var description: String {
    let found = """
      The loss of iteration \(iteration) is not finite (\(losses)) on the batch \(ids.joined(separator: ", "))
      """
    return switch cause {
    case .parameters(let fault):
      "\(found), since \(fault) of the network: continue from the last checkpoint with a lower training.learning_rate."
    case .start:
      "\(found), before anything was learnt, so that the learning rate is not to blame: look at these images, at "
        + "model.backbone_weights and at training.precision."
    case .unknown: "\(found): look at these images, or lower training.learning_rate."
    }
  }
}

extension TrainingStep {
  /// The error for losses of which one is not finite.
  func nonFiniteLoss(_ losses: LossValues, _ batch: Batch, iteration: Int) throws -> NonFiniteLoss {
    // Running statistics have seen this batch already, and prove nothing.
    let fault = try NonFiniteTensors(network.store.parameters.map { ($0.name, $0.tensor) })
    let isStart = try optimizer.updateCount() == 0
    return NonFiniteLoss(
      iteration: iteration, ids: batch.ids, losses: losses,
      cause: fault.map { .parameters($0) } ?? (isStart ? .start : .unknown))
  }
}
