import Files
import Foundation

/// The results of a study, over the runs that are finished: the contents of `study.json`.
public struct StudyResult: Sendable, Equatable, Codable {
  /// A curve for each cell, the mean over its finished runs.
  public struct Curves: Sendable, Equatable, Codable {
    public struct Line: Sendable, Equatable, Codable {
      /// Name of the cell.
      public let cell: String
      /// Ascending epochs or steps.
      public let x: [Double]
      /// A value for each of them.
      public let y: [Double]

      public init(cell: String, x: [Double], y: [Double]) {
        precondition(x.count == y.count, "each value has a place")
        (self.cell, self.x, self.y) = (cell, x, y)
      }
    }

    public let title: String
    /// "epoch" or "step".
    public let over: String
    /// Whether the values are ratios in 0...1; otherwise they are losses.
    public let areRatios: Bool
    public let lines: [Line]

    private enum CodingKeys: String, CodingKey {
      case title, over, lines
      case areRatios = "are_ratios"
    }

    public init(title: String, over: String, areRatios: Bool, lines: [Line]) {
      (self.title, self.over, self.areRatios, self.lines) = (title, over, areRatios, lines)
    }
  }

  public let name: String
  /// When it was written, as ISO 8601.
  public let time: String
  /// The command with its arguments.
  public let command: [String]
  /// Names of what computes, with their versions.
  public let software: [String: String]
  public let seeds: [Int]
  /// Name of the cell that the others are compared with.
  public let reference: String
  /// Class names in the order of their labels.
  public let classes: [String]
  /// In the order of the study's file.
  public let cells: [StudyCellResult]
  public let curves: [Curves]

  public init(
    name: String, time: String, command: [String], software: [String: String], seeds: [Int], reference: String,
    classes: [String], cells: [StudyCellResult], curves: [Curves]
  ) {
    self.name = name
    self.time = time
    self.command = command
    self.software = software
    self.seeds = seeds
    self.reference = reference
    self.classes = classes
    self.cells = cells
    self.curves = curves
  }

  /// Reads what `json` writes.
  public init(contentsOf path: String) throws(FileError) {
    let data = try InputFile.read(path)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .invalid(path, "is not the JSON of a study")
    }
  }

  /// Indented JSON with sorted keys.
  public func json() throws -> Data { try indentedJSON(self) }

  /// All runs, cell by cell.
  public var runs: [StudyRunResult] { cells.flatMap(\.runs) }

  /// Number of runs in a state.
  public func count(_ state: StudyRunResult.State) -> Int { runs.count { $0.state == state } }
}
