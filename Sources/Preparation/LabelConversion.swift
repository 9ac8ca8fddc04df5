import Annotations
import Concurrency
import Datasets
import Files
import Foundation
import Images

/// Annotations and masks written as palette PNGs: NAME.png in another folder for NAME with another extension.
package struct LabelConversion: Sendable {
  /// The result of a conversion.
  package struct Outcome: Sendable {
    /// Number of files written.
    package let written: Int
    /// Errors of the others, in the order of the inputs.
    package let faults: [FileError]
    /// Number of files that are left, because the conversion was stopped.
    package let left: Int
  }

  private let inputs: [String]
  private let folder: String
  private let read: @Sendable (String) throws(FileError) -> LabelMap

  /// Number of files to convert.
  package var count: Int { inputs.count }

  /// Annotations of any format, drawn as `Annotation.rasterized` says; `inputs` are files, and folders of files in
  /// `AnnotationFormats.drawable`.
  ///
  /// Throws when a path is missing, when a folder holds no such file, and when two files would have the same result.
  package static func scribbles(
    _ inputs: [String], to folder: String, tags: ClassTags
  ) throws(FileError) -> LabelConversion {
    try LabelConversion(inputs, AnnotationFormats.drawable.fileExtensions, folder) { path throws(FileError) in
      try Annotation(contentsOf: path).rasterized(tags)
    }
  }

  /// Ground truth of PASCAL-Context in MATLAB files; `inputs` are files and folders of them, errors as for scribbles.
  package static func context(
    _ inputs: [String], to folder: String, renaming: LabelRenaming
  ) throws(FileError) -> LabelConversion {
    try LabelConversion(inputs, PASCALContextMasks().fileExtensions, folder) { path throws(FileError) in
      try LabelMap(matFile: path, renaming)
    }
  }

  private init(
    _ inputs: [String], _ extensions: [String], _ folder: String,
    _ read: @escaping @Sendable (String) throws(FileError) -> LabelMap
  ) throws(FileError) {
    self.inputs = try FileList.expand(inputs, extensions: extensions)
    self.folder = folder
    self.read = read
    var owners: [String: String] = [:]
    for input in self.inputs {
      if let other = owners.updateValue(input, forKey: output(of: input)) {
        throw .invalid(
          output(of: input), "would be written for \(other) and for \(input); convert them into separate folders")
      }
    }
  }

  /// Converts all files on all cores; one that cannot be read or written is reported, and the others go on.
  ///
  /// An existing PNG is replaced. Throws when the folder cannot be made.
  package func run(progress: (_ done: Int) -> Void, shouldStop: () -> Bool) throws(FileError) -> Outcome {
    try OutputFile.makeFolder(folder)
    let results = concurrentMap(inputs, progress: progress, shouldStop: shouldStop) { input in
      Result { () throws(FileError) in try read(input).write(palettePNG: output(of: input)) }
    }
    let ended = results.compactMap { $0 }
    let faults = ended.compactMap { result in
      if case .failure(let fault) = result { fault } else { nil }
    }
    return Outcome(written: ended.count - faults.count, faults: faults, left: inputs.count - ended.count)
  }

  private func output(of input: String) -> String {
    Path.joined(folder, "\(Path.stem(of: input)).png")
  }
}

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
