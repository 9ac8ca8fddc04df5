import Datasets
import Files

/// The contents of an experiment's images, and findings about them.
package struct DatasetCheck: Sendable {
  /// A data set to check.
  package struct Part: Sendable {
    /// Its purpose: "training".
    package let name: String
    package let layout: DatasetLayout
    /// The same images with masks to compare scribbles with; nil for no comparison.
    package let reference: DatasetLayout?

    package init(_ name: String, _ layout: DatasetLayout, comparingWith reference: DatasetLayout? = nil) {
      (self.name, self.layout, self.reference) = (name, layout, reference)
    }
  }

  /// The result for a part.
  package struct Outcome: Sendable {
    package let part: String
    /// Number of images whose files exist.
    package let count: Int
    /// Their examination; nil where files were looked up only.
    package let examination: DatasetExamination?
  }

  package let outcomes: [Outcome]
  /// Part after part, in list order.
  package let findings: [Finding]
  /// Whether all images were examined.
  package var isComplete: Bool { outcomes.allSatisfy { $0.examination?.isComplete ?? true } }

  /// Looks up the files of all parts, loads every image where `isLoading`, and continues after faulty ones. An id in
  /// two parts is a problem too.
  ///
  /// Without `classes`, where their file is invalid, everything but the labels is checked.
  package init(
    _ parts: [Part], classes: ClassList?, isLoading: Bool = true,
    progress: (_ part: String, _ done: Int, _ of: Int) -> Void = { _, _, _ in }, shouldStop: () -> Bool = { false }
  ) {
    var faults: [FileError] = []
    var findings: [Finding] = []
    var outcomes: [Outcome] = []
    var listed: [(list: String, ids: Set<String>)] = []
    for part in parts {
      func found(_ layout: DatasetLayout, _ faults: inout [FileError]) -> SegmentationDataset {
        SegmentationDataset(salvaging: layout, classes: classes ?? .unknown, &faults)
      }
      let dataset = found(part.layout, &faults)
      // A list that cannot be read is among the faults already.
      let ids = (try? InputFile.lines(part.layout.list)) ?? []
      for (list, others) in listed { faults += DatasetCheck.overlap(part.layout.list, ids, list, others) }
      listed.append((part.layout.list, Set(ids)))
      findings += dataset.warnings.map { Finding($0) }
      guard isLoading else {
        outcomes.append(Outcome(part: part.name, count: dataset.count, examination: nil))
        continue
      }
      var ignored: [FileError] = []
      let examination = DatasetExamination(
        of: dataset, comparingWith: part.reference.map { found($0, &ignored) },
        progress: { progress(part.name, $0, dataset.count) }, shouldStop: shouldStop)
      faults += examination.faults
      findings += examination.warnings.map { Finding($0) }
      if let classes { findings += DatasetCheck.labelFindings(examination, part.layout, classes) }
      outcomes.append(Outcome(part: part.name, count: dataset.count, examination: examination))
    }
    findings += DatasetCheck.twins(outcomes, parts)
    // Parts may share a file.
    var seen: Set<Finding> = []
    self.findings = (faults.map { Finding($0) } + findings).filter { seen.insert($0).inserted }
    self.outcomes = outcomes
  }

  private static func labelFindings(
    _ examination: DatasetExamination, _ layout: DatasetLayout, _ classes: ClassList
  ) -> [Finding] {
    var findings: [Finding] = []
    // Images that could not be loaded may hold what the others lack.
    let isComplete = examination.isComplete && examination.faults.isEmpty
    if let folder = layout.scribbles {
      findings +=
        ScribbleFindings(
          images: examination.images, classes: classes, folder: folder, list: layout.list, isComplete: isComplete
        ).all
    }
    if let folder = layout.masks {
      findings += MaskFindings(images: examination.images, classes: classes, folder: folder, isComplete: isComplete).all
    }
    return findings
  }

  private static func overlap(
    _ list: String, _ ids: [String], _ otherList: String, _ others: Set<String>
  ) -> [FileError] {
    let common = ids.filter(others.contains)
    if common.isEmpty { return [] }
    return [
      .invalid(
        list,
        "\(common.count) of \(ids.count) listed ids \(common.count == 1 ? "is" : "are") in \(otherList) too: "
          + "\(firstFew(common)); results on images that were trained on say little; remove them from one of the lists")
    ]
  }

  /// The same photograph under two names in two parts.
  private static func twins(_ outcomes: [Outcome], _ parts: [Part]) -> [Finding] {
    guard outcomes.count == 2, let first = outcomes[0].examination, let second = outcomes[1].examination else {
      return []
    }
    let known = Dictionary(first.images.map { ($0.fingerprint, $0.id) }) { first, _ in first }
    let pairs = second.images.compactMap { image in
      known[image.fingerprint].flatMap { $0 == image.id ? nil : "\(image.id) = \($0)" }
    }
    guard !pairs.isEmpty else { return [] }
    return [
      Finding(
        .doubt, parts[1].layout.list,
        "lists \(pairs.count == 1 ? "a photograph" : "\(pairs.count) photographs") that \(parts[0].layout.list) has under "
          + "another name (\(firstFew(pairs))); results on images that were trained on say little; should one of the "
          + "lists do without?")
    ]
  }
}

extension DatasetCheck: CustomStringConvertible {
  /// The contents of the parts, and the findings below.
  package var description: String { ([contents] + [FindingList(findings).text]).joined(separator: "\n\n") }

  /// The contents of the parts.
  package var contents: String {
    outcomes.compactMap { outcome in outcome.examination.map { "\(outcome.part): \($0.summary)" } }
      .joined(separator: "\n\n")
  }
}
