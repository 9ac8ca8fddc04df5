import Annotations
import Files

/// Where a data set keeps its files: a folder of each kind and a list of the ids that belong to it.
///
/// The files of id X are X with an extension of photographs (`images/X.jpg`), annotations (`scribbles/X.xml`) and masks
/// (`masks/X.png`); of several in a folder, that with the earliest extension is used.
public struct DatasetLayout: Sendable {
  /// Folder of the photographs.
  public var images: String
  /// Folder of the scribbles, or nil where none are needed, as in evaluation.
  public var scribbles: String?
  /// Folder of the ground truth, or nil where there is none.
  public var masks: String?
  /// Text file with one id per line.
  public var list: String
  /// Meaning of the values in label images of scribbles; nil where they are class indices.
  public var scribbleValues: LabelValues?
  /// Formats that masks may have, the preferred one first.
  public var maskFormats: [any MaskFormat] = DatasetLayout.defaultMaskFormats

  public init(images: String, scribbles: String? = nil, masks: String? = nil, list: String) {
    self.images = images
    self.scribbles = scribbles
    self.masks = masks
    self.list = list
  }

  private static let defaultMaskFormats: [any MaskFormat] = [PNGMasks(), PASCALContextMasks()]

  /// The files of an image's scribbles, for descriptions: "ID.xml or ID.png".
  public static var scribbleFiles: String { files(AnnotationFormats.all.fileExtensions) }
  /// The files of an image's ground truth, for descriptions.
  public static var maskFiles: String { files(defaultMaskFormats.flatMap(\.fileExtensions)) }

  private static func files(_ extensions: [String]) -> String { extensions.map { "ID.\($0)" }.alternatives }
}
