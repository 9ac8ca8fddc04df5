import Annotations
import ArgumentParser
import Datasets
import Files
import Preparation

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

    @Option(help: ArgumentHelp("Classes of your own, one name a line, background first.", valueName: "file"))
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
