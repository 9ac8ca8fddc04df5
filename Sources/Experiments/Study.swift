import Files
import Settings
import Training

/// A study: runs of several settings with several seeds, to be compared.
public struct Study: Sendable {
  /// One run of a study.
  public struct Run: Sendable {
    /// Index of its cell.
    let cell: Int
    public let seed: Int
    /// The name of the cell and the seed, such as "blp=0, seed 1".
    public let name: String
    public let settings: ExperimentSettings

    public var folder: RunFolder { RunFolder(settings.output) }
    /// Why the study's last try failed, in a sentence.
    var failure: String { "\(folder.path)/failure.txt" }
    /// IoU by distance to the scribbles, as JSON.
    var distances: String { "\(folder.path)/distances.json" }
  }

  public let name: String
  /// The path of its file.
  public let path: String
  /// The folder of the runs and the report.
  public let folder: String
  public let seeds: [Int]
  let cells: [StudyCell]
  /// Index of the cell that the others are compared with.
  let reference: Int
  /// The most training images on which IoU by distance to the scribbles is computed.
  let distanceImages: Int

  /// Reads the study's file and the settings of all its cells.
  ///
  /// Throws a `FileError` for a file that cannot be read and a `SettingsError`, which names the cell, for settings that
  /// cannot be used.
  public init(contentsOf path: String) throws {
    let (study, cells, reference) = try StudySettings.load(path)
    name = study.name
    self.path = path
    folder = study.output
    seeds = study.seeds
    self.cells = cells
    self.reference = reference
    distanceImages = study.distanceImages
  }

  /// The results as JSON.
  public var json: String { Path.joined(folder, "study.json") }
  /// The tables as they are printed.
  public var text: String { Path.joined(folder, "study.txt") }
  /// The page of tables and curves.
  public var page: String { Path.joined(folder, "report.html") }

  /// All runs, seed by seed over all cells, so that a study that is stopped has runs of every cell.
  public var runs: [Run] { seeds.flatMap { seed in cells.indices.map { run(cell: $0, seed: seed) } } }

  /// The run of a cell.
  func run(cell index: Int, seed: Int) -> Run {
    let cell = cells[index]
    var settings = cell.settings
    settings.name = "\(name), \(cell.name), seed \(seed)".replacing("/", with: "-")
    settings.output = Path.joined(folder, "\(cell.folder)/seed-\(seed)")
    settings.seed = seed
    return Run(cell: index, seed: seed, name: "\(cell.name), seed \(seed)", settings: settings)
  }
}
