import Files
import Images

extension PredictionRun {
  /// What was found in one photograph.
  public struct Finding: Sendable {
    public let photograph: String
    /// The path of its mask.
    public let mask: String
    public let width: Int
    public let height: Int
    /// Labels that occur, with their share of the pixels in 0...1.
    public let shares: [(label: Int, share: Double)]
    /// Whether the mask was there before.
    public let isOld: Bool
    /// What is odd about the photograph's file.
    public let warnings: [FileWarning]

    package init(
      photograph: String, mask: String, width: Int, height: Int, shares: [(label: Int, share: Double)], isOld: Bool,
      warnings: [FileWarning]
    ) {
      self.photograph = photograph
      self.mask = mask
      self.width = width
      self.height = height
      self.shares = shares
      self.isOld = isOld
      self.warnings = warnings
    }
  }
}

/// The shares of the classes in photographs, as CSV (RFC 4180): a line of names, then one for each photograph.
package struct PredictionTable {
  private let classes: [String]
  private var findings: [PredictionRun.Finding] = []

  /// A column for each class; where the weights do not name their classes, they are called by their labels.
  package init(classes: [String]?, classCount: Int) {
    self.classes = classes ?? (0..<classCount).map { "class \($0)" }
  }

  package mutating func add(_ finding: PredictionRun.Finding) { findings.append(finding) }

  /// Lines end with CR LF; shares are from 0 to 1 with six decimals and a point.
  package var csv: String {
    let header = ["photograph", "mask", "width", "height"] + classes
    let rows = findings.map { finding in
      [finding.photograph, finding.mask, "\(finding.width)", "\(finding.height)"]
        + classes.indices.map { label in
          Self.decimal(finding.shares.first { $0.label == label }?.share ?? 0)
        }
    }
    return ([header] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  package func write(to path: String) throws(FileError) { try OutputFile.write(csv, to: path) }

  /// 0.125000, whatever the language of the system.
  private static func decimal(_ share: Double) -> String {
    let millionths = String(Int((share * 1_000_000).rounded()))
    let padded = String(repeating: "0", count: max(0, 7 - millionths.count)) + millionths
    return "\(padded.dropLast(6)).\(padded.suffix(6))"
  }

  private static func quoted(_ field: String) -> String {
    let isPlain = !field.utf8.contains { ",\"\r\n".utf8.contains($0) }
    return isPlain ? field : "\"\(field.replacing("\"", with: "\"\""))\""
  }
}

extension LabelMap {
  /// The labels that occur, ascending, with their share of the pixels in 0...1.
  var shares: [(label: Int, share: Double)] {
    var counts = [Int](repeating: 0, count: Int(UInt8.max) + 1)
    for label in labels { counts[Int(label)] += 1 }
    return counts.enumerated().filter { $0.element > 0 }
      .map { (label: $0.offset, share: Double($0.element) / Double(labels.count)) }
  }
}
