import Datasets
import Files

/// What the images of an experiment hold, and everything that must be mended before it can run.
public struct DatasetCheck: Sendable {
  /// A data set to be checked.
  public struct Part: Sendable {
    /// What it is for: "training".
    public let name: String
    public let layout: DatasetLayout

    public init(_ name: String, _ layout: DatasetLayout) { (self.name, self.layout) = (name, layout) }
  }

  /// What the images of each part hold that could be loaded.
  public let summaries: [(part: String, summary: DatasetSummary)]
  /// What must be mended, each once, part after part, in list order.
  public let faults: [FileError]
  /// Whether all images were looked at.
  public let isComplete: Bool

  /// Loads every image of the parts, and goes on after faulty ones. An id in two parts is a fault too.
  public init(
    _ parts: [Part], classes: ClassList, labelNames: LabelNames, sequentialRenaming: Bool,
    progress: (_ part: String, _ done: Int, _ of: Int) -> Void, shouldStop: () -> Bool
  ) {
    var faults: [FileError] = []
    var summaries: [(part: String, summary: DatasetSummary)] = []
    var isComplete = true
    var listed: [(list: String, ids: Set<String>)] = []
    for part in parts {
      let dataset = SegmentationDataset(
        salvaging: part.layout, classes: classes, labelNames: labelNames, sequentialRenaming: sequentialRenaming,
        &faults)
      // A list that cannot be read is among the faults already.
      let ids = (try? InputFile.lines(part.layout.list)) ?? []
      for (list, others) in listed { faults += DatasetCheck.overlap(part.layout.list, ids, list, others) }
      listed.append((part.layout.list, Set(ids)))
      let examination = DatasetExamination(
        of: dataset, progress: { progress(part.name, $0, dataset.count) }, shouldStop: shouldStop)
      faults += examination.faults
      summaries.append((part.name, examination.summary))
      isComplete = isComplete && examination.isComplete
    }
    // Parts may share a file.
    var seen: Set<String> = []
    self.faults = faults.filter { seen.insert($0.description).inserted }
    (self.summaries, self.isComplete) = (summaries, isComplete)
  }

  private static func overlap(
    _ list: String, _ ids: [String], _ otherList: String, _ others: Set<String>
  ) -> [FileError] {
    let common = ids.filter(others.contains)
    if common.isEmpty { return [] }
    let shown = 3
    let first = common.prefix(shown).joined(separator: ", ") + (common.count > shown ? ", ..." : "")
    return [
      .invalid(
        list,
        "\(common.count) of \(ids.count) listed ids are in \(otherList) too: \(first); results on images that were "
          + "trained on say little; remove them from one of the lists")
    ]
  }
}

extension DatasetCheck: CustomStringConvertible {
  /// The summaries, and the first faults with the number of the others.
  public var description: String {
    let shown = 20
    var blocks = summaries.map { "\($0.part): \($0.summary)" }
    var lines = faults.prefix(shown).map { "  \($0)" }
    if faults.count > shown { lines.append("  and \(faults.count - shown) more") }
    if faults.isEmpty {
      if isComplete { blocks.append("Nothing must be mended.") }
    } else {
      blocks.append(
        (["\(faults.count) \(faults.count == 1 ? "thing" : "things") to mend:"] + lines).joined(separator: "\n"))
    }
    return blocks.joined(separator: "\n\n")
  }
}
