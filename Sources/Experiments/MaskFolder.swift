import Datasets
import Files
import Foundation

/// A folder of masks by the ids of a data set's images: ID.png, a palette or grey PNG whose index is the class.
struct MaskFolder {
  private let folder: String

  /// A folder to read masks from. Throws where the mask of one of the images is missing.
  init(reading folder: String, of dataset: SegmentationDataset) throws(FileError) {
    self.folder = folder
    _ = try InputFile.names(inFolder: folder)
    for item in dataset.items { try InputFile.requireFile(path(of: item.id)) }
  }

  /// A folder to write masks to, made where it is missing. Throws where a mask would replace a file of the data set.
  init(writing folder: String, of dataset: SegmentationDataset) throws(FileError) {
    self.folder = folder
    let files = dataset.items.flatMap { [$0.image, $0.scribbles, $0.mask].compactMap { $0 } }
    let originals = Set(files.map(FilePlace.init))
    for item in dataset.items where originals.contains(FilePlace(path(of: item.id))) {
      throw .invalid(path(of: item.id), "is a file of the data set and would be replaced; choose another folder")
    }
    try OutputFile.makeFolder(folder)
  }

  func path(of id: String) -> String { Path.joined(folder, "\(id).png") }
}
