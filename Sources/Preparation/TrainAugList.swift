import Files
import Foundation

/// The training list that goes with VOC's further masks: every id in SegmentationClassAug that is not in val.txt.
package struct TrainAugList: Sendable, Equatable {
  /// Path of the list: ImageSets/Segmentation/trainaug.txt.
  package let path: String
  /// Sorted by their bytes.
  package let ids: [String]
  /// Ids of val.txt that have no mask in SegmentationClassAug and so cannot be evaluated.
  package let validationIdsWithoutMask: [String]

  /// Reads the folder and the validation list of a VOC tree; `root` is VOCdevkit, or VOC2012 inside it.
  ///
  /// Throws where either is missing and where no id remains.
  package init(root: String) throws(FileError) {
    let inside = Path.joined(root, "VOC2012")
    let voc = FileManager.default.fileExists(atPath: inside) ? inside : root
    let masks = "\(voc)/SegmentationClassAug"
    let validationList = "\(voc)/ImageSets/Segmentation/val.txt"
    let names = try InputFile.names(inFolder: masks).filter { $0.lowercased().hasSuffix(".png") }
    let found = names.map(Path.stem)
    let validation = try InputFile.lines(validationList)
    if validation.isEmpty { throw .invalid(validationList, "lists nothing, one id per line was expected") }
    let (masked, excluded) = (Set(found), Set(validation))
    path = "\(voc)/ImageSets/Segmentation/trainaug.txt"
    ids = found.filter { !excluded.contains($0) }
    validationIdsWithoutMask = validation.filter { !masked.contains($0) }
    if ids.isEmpty {
      throw .invalid(
        masks,
        "holds \(found.count) masks (.png) and none of them is outside val.txt; unpack SegmentationClassAug there")
    }
  }

  /// Writes the list, one id per line, and returns whether it was not there before.
  ///
  /// An existing list of the same ids stays as it is. Throws when another one exists, unless `replacing` is true.
  package func write(replacing: Bool) throws(FileError) -> Bool {
    if FileManager.default.fileExists(atPath: path) {
      let present = try InputFile.lines(path)
      if Set(present) == Set(ids) && present.count == ids.count { return false }
      guard replacing else {
        throw .invalid(
          path,
          "lists \(present.count) other ids already, \(ids.count) were to be written; keep it, or replace it with "
            + "--force")
      }
    }
    try OutputFile.write(ids.joined(separator: "\n") + "\n", to: path)
    return true
  }
}
