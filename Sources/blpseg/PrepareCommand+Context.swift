import ArgumentParser
import Datasets
import Files
import Images
import Preparation

extension PrepareCommand {
  struct Context: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Convert PASCAL-Context's ground truth to palette PNGs.",
      discussion: """
        For ID.mat writes ID.png: index = class, 0 = background. Training and evaluation read ID.mat too; ID.png is \
        faster, and other programs show it. A file that cannot be read is reported, and the others go on. PNGs of the \
        same names are replaced.
        """)

    @Argument(help: "MATLAB files with a variable LabelMap, or folders of them: VOCdevkit/Context/SegmentationClass.")
    var inputs: [String]

    @Option(name: .customLong("out"), help: ArgumentHelp("Folder of the results.", valueName: "folder"))
    var folder: String

    @Option(
      help: ArgumentHelp("Names of the labels, as in \"1: accordion\" (default: the 459 known).", valueName: "file"))
    var labelNames: String?

    @Option(help: ArgumentHelp("Names of the classes, as 59_labels.txt (default: the 60 known).", valueName: "file"))
    var classes: String?

    @Flag(help: "Rename labels in turn, as the published program does by mistake, to compare with its results.")
    var sequentialRenaming = false

    func run() throws {
      try reportingFailure {
        Interruption.listen()
        let list = try classes.map { path throws(FileError) in try ClassList(contentsOf: path) } ?? .context
        let names = try labelNames.map { path throws(FileError) in try LabelNames(contentsOf: path) } ?? .context
        let renaming = try LabelRenaming(from: names, to: list, sequentially: sequentialRenaming)
        try LabelConversion.context(inputs, to: folder, renaming: renaming).runReporting(folder)
      }
    }
  }
}
