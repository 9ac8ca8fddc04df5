import Files
import TensorBoard

/// What a run keeps of its course: `metrics.jsonl`, and the same with pictures for TensorBoard.
final class RunRecord {
  private let metrics: MetricsFile
  private let events: EventFile
  /// The iteration after which the validation is done again that TensorBoard's files hold already.
  private let knownValidation: Int?

  private static let validationTag = "validation/mean IoU"

  /// Goes on after `iteration`, or with its validation; what was recorded after it is dropped.
  init(_ folder: RunFolder, keepingUpTo iteration: Int, redoingValidation: Bool) throws(FileError) {
    metrics = try MetricsFile(folder.metrics, keepingUpTo: iteration, redoingValidation: redoingValidation)
    // TensorBoard drops whole steps, and this one's losses are to stay.
    let isKnown =
      redoingValidation
      ? try EventFile.hold(scalar: Self.validationTag, step: iteration, inFolder: folder.path) : false
    knownValidation = isKnown ? iteration : nil
    events = try EventFile(inFolder: folder.path, keepingUpTo: iteration)
  }

  func append(_ entry: MetricsEntry) throws(FileError) {
    try metrics.append(entry)
    let scalars = [
      ("loss/scribble", entry.scribbleLoss), ("loss/blp", entry.segmentationLoss),
      ("training/learning rate", entry.learningRate), ("training/images per second", entry.imagesPerSecond),
      (Self.validationTag, entry.iteration == knownValidation ? nil : entry.meanIoU),
    ]
    for (tag, value) in scalars {
      if let value { try events.add(scalar: value, tag: tag, step: entry.iteration) }
    }
  }

  func append(_ pictures: StepPictures, iteration: Int) throws(FileError) {
    for (name, image) in pictures.grids { try events.add(image: image, tag: "batch/\(name)", step: iteration) }
  }
}
