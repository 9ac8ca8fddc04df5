import Concurrency
import Datasets
import Files
import Foundation
import Images
import Scribbles

/// Label maps in other formats, written as palette PNGs: for NAME.xml or NAME.mat, NAME.png in another folder.
public struct LabelConversion: Sendable {
  /// How a conversion went.
  public struct Outcome: Sendable {
    /// Number of files written.
    public let written: Int
    /// What was wrong with the others, in the order of the inputs.
    public let faults: [FileError]
    /// Number of files that were not looked at, because the conversion was stopped.
    public let left: Int
  }

  private let inputs: [String]
  private let folder: String
  private let read: @Sendable (String) throws(FileError) -> LabelMap

  /// Number of files to be converted.
  public var count: Int { inputs.count }

  /// Scribbles in XML, drawn as `ScribbleAnnotation.rasterized` says; `inputs` are files and folders of them.
  ///
  /// Throws when a path is missing, when a folder holds no .xml file, and when two files would have the same result.
  public static func scribbles(
    _ inputs: [String], to folder: String, tags: ClassTags
  ) throws(FileError) -> LabelConversion {
    try LabelConversion(inputs, "xml", folder) { path throws(FileError) in
      try ScribbleAnnotation(xmlFile: path).rasterized(tags)
    }
  }

  /// Ground truth of PASCAL-Context in MATLAB files; `inputs` are files and folders of them, errors as for scribbles.
  public static func context(
    _ inputs: [String], to folder: String, renaming: LabelRenaming
  ) throws(FileError) -> LabelConversion {
    try LabelConversion(inputs, "mat", folder) { path throws(FileError) in
      try LabelMap(matFile: path, renaming)
    }
  }

  private init(
    _ inputs: [String], _ ending: String, _ folder: String,
    _ read: @escaping @Sendable (String) throws(FileError) -> LabelMap
  ) throws(FileError) {
    self.inputs = try FileList.expand(inputs, extensions: [ending])
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

  /// Converts all files on all cores; one that cannot be read or written is passed over and reported.
  ///
  /// A PNG that stands there already is replaced. Throws when the folder cannot be made.
  public func run(progress: (_ done: Int) -> Void, shouldStop: () -> Bool) throws(FileError) -> Outcome {
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
