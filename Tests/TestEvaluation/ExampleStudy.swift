import Evaluation
import Foundation

/// A study of two cells and three seeds: mIoU 0.4, 0.5 and 0.6 of the reference, 0.5 and 0.7 of the other, whose third
/// run failed.
package func exampleStudy(seeds: [Int] = [0, 1, 2]) throws -> StudyResult {
  func run(_ seed: Int, _ cell: String, _ score: Double?) throws -> StudyRunResult {
    let folder = "runs/s/\(cell)/seed-\(seed)"
    guard let score else {
      return StudyRunResult(seed: seed, folder: folder, state: .failed, problem: "The loss is not finite.")
    }
    return StudyRunResult(seed: seed, folder: folder, state: .finished, evaluation: try exampleEvaluation(score))
  }
  let reference = try seeds.map { try run($0, "blp=1", 0.4 + 0.1 * Double($0)) }
  let other = try seeds.map { try run($0, "blp=0", [0.5, 0.7, nil][$0]) }
  return StudyResult(
    name: "s", time: "2026-11-26T10:00:00Z", command: ["blpseg", "study", "s.yaml"], software: ["blpseg": "0"],
    seeds: seeds, reference: "blp=1", classes: ["background", "cat", "dog"],
    cells: [
      StudyCellResult(name: "blp=1", settings: ["loss.blp": "1"], runs: reference, reference: nil),
      StudyCellResult(name: "blp=0", settings: ["loss.blp": "0"], runs: other, reference: reference),
    ],
    curves: [
      .init(
        title: "Validation", over: "epoch", areRatios: true,
        lines: [.init(cell: "blp=1", x: [1, 2], y: [0.4, 0.5]), .init(cell: "blp=0", x: [1, 2], y: [0.45, 0.6])])
    ])
}

/// An evaluation with this mIoU, in which the second of three classes does not occur.
private func exampleEvaluation(_ score: Double) throws -> EvaluationResult {
  let text = """
    {"classes": ["background", "cat", "dog"], "iou": [\(score), null, \(score)], "mean_iou": \(score),
    "pixel_accuracy": 0.9, "mean_accuracy": 0.8, "frequency_weighted_iou": 0.7, "boundary_iou": [0.3, null, 0.3],
    "mean_boundary_iou": 0.3, "images": 2, "views": {"scales": [1], "mirror": false}, "weights": "last.safetensors",
    "seconds": 1, "others": []}
    """
  return try JSONDecoder().decode(EvaluationResult.self, from: Data(text.utf8))
}
