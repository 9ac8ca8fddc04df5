import ArgumentParser
import Preparation

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
