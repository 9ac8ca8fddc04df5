import Annotations
import ArgumentParser
import Datasets
import Experiments
import Files
import Preparation

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Convert and list the files of a data set, and check that all is well.",
    subcommands: [Check.self, Scribbles.self, Context.self, TrainAug.self])
}

extension PrepareCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check everything that training needs: what the images hold, problems, and what is doubtful.",
      discussion: """
        Loads every image and goes on after faulty ones; looks at lists, classes, backbone weights, device, output folder \
        and what the settings mean for these images. Exits with 1 where there is a problem; doubts are questions to you \
        and do not stop a run.
        """)

    @OptionGroup var settings: SettingsArguments

    func run() throws {
      try reportingFailure {
        Interruption.listen()
        let start = ContinuousClock.now
        // Without `Experiment`, which throws at the first problem.
        let check = Preflight(
          try settings.load(), for: .report,
          progress: { part, done, total in
            Console.progress("checking \(part) images", done, of: total, since: start)
          }, shouldStop: { Interruption.isRequested })
        Console.result("\(check)")
        if !check.isComplete { throw ExitCode(130) }
        if check.findings.contains(where: { $0.kind == .problem }) { throw ExitCode.failure }
      }
    }
  }
}

extension PrepareCommand {
  struct Scribbles: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draw scribbles as palette PNGs.",
      discussion: """
        For \(files) writes NAME.png: index = class, 255 = nothing drawn. A file that cannot be read is reported, and \
        the others go on. PNGs of the same names are replaced.
        """)

    @Argument(help: "Scribbles in \(AnnotationFormats.drawable.names), or folders of them.")
    var inputs: [String]

    @Option(name: .customLong("out"), help: ArgumentHelp("Folder of the results.", valueName: "folder"))
    var folder: String

    @Option(help: "The published data set whose classes the scribbles use.")
    var dataset: PublishedDataset?

    @Option(help: ArgumentHelp("Classes of your own, one name per line, background first.", valueName: "file"))
    var classes: String?

    private static let files = AnnotationFormats.drawable.fileExtensions.map { "NAME.\($0)" }.alternatives

    func validate() throws {
      if (dataset == nil) == (classes == nil) {
        throw ValidationError(
          "Say which classes the scribbles use: either --dataset voc or context, or --classes FILE.")
      }
    }

    func run() throws {
      try reportingFailure {
        Interruption.listen()
        let list = try classes.map { path throws(FileError) in try ClassList(contentsOf: path) }
        let tags = (list ?? dataset?.classes ?? .voc).scribbleTags
        try LabelConversion.scribbles(inputs, to: folder, tags: tags).runReporting(folder)
      }
    }
  }

  /// A data set whose classes are known.
  enum PublishedDataset: String, ExpressibleByArgument, CaseIterable {
    case voc, context

    var classes: ClassList {
      switch self {
      case .voc: .voc
      case .context: .context
      }
    }
  }
}

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

extension PrepareCommand {
  struct TrainAug: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "trainaug", abstract: "List the training images of VOC's further masks.",
      discussion: """
        Writes ImageSets/Segmentation/trainaug.txt: every id in SegmentationClassAug that is not in val.txt, sorted. \
        All of VOC 2012 has 10,582.
        """)

    @Argument(help: "The folder VOCdevkit, or VOC2012 inside it.")
    var root: String

    @Flag(help: "Replace a list that names other ids.")
    var force = false

    func run() throws {
      try reportingFailure {
        let list = try TrainAugList(root: root)
        let isNew = try list.write(replacing: force)
        Console.line("\(list.path): \(list.ids.count) ids\(isNew ? "" : ", as it was")")
        let missing = list.validationIdsWithoutMask
        if let first = missing.first {
          Console.line(
            "\(missing.count) ids of val.txt have no mask in SegmentationClassAug and cannot be evaluated: \(first)"
              + (missing.count > 1 ? ", ..." : ""))
        }
      }
    }
  }
}

extension LabelConversion {
  /// Converts all files with a progress line, and prints how many were written to `folder`, and the first faults.
  ///
  /// Throws the exit code 1 where a file failed, and 130 where the conversion was stopped.
  func runReporting(_ folder: String) throws {
    let start = ContinuousClock.now
    let outcome = try run(
      progress: { Console.progress("converting", $0, of: count, since: start) },
      shouldStop: { Interruption.isRequested })
    let shown = 20
    for fault in outcome.faults.prefix(shown) { Console.error("\(fault)") }
    if outcome.faults.count > shown { Console.error("and \(outcome.faults.count - shown) more files like these.") }
    Console.line("\(outcome.written) of \(count) \(count == 1 ? "file" : "files") converted into \(folder)")
    if outcome.left > 0 {
      Console.line("Interrupted; \(outcome.left) are left. Run again to convert all.")
      throw ExitCode(130)
    }
    if !outcome.faults.isEmpty { throw ExitCode.failure }
  }
}
