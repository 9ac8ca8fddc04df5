/// Where a data set keeps its files: a folder of each kind and a list of the ids that belong to it.
///
/// The files of id X are `images/X.jpg` (or .jpeg, .png), `scribbles/X.xml` (or .png) and `masks/X.png` (or .mat).
public struct DatasetLayout: Sendable, Equatable {
  /// Folder of the photographs.
  public var images: String
  /// Folder of the scribbles, or nil where none are needed, as in evaluation.
  public var scribbles: String?
  /// Folder of the ground truth, or nil where there is none.
  public var masks: String?
  /// Text file with one id a line.
  public var list: String
  /// What the values in scribble PNGs mean; nil where they are class indices.
  public var scribbleValues: LabelValues?
  /// What the values in mask PNGs mean; nil where they are class indices.
  public var maskValues: LabelValues?

  /// The same with values taken as they are.
  package var withoutValues: DatasetLayout {
    var layout = self
    (layout.scribbleValues, layout.maskValues) = (nil, nil)
    return layout
  }

  public init(images: String, scribbles: String? = nil, masks: String? = nil, list: String) {
    self.images = images
    self.scribbles = scribbles
    self.masks = masks
    self.list = list
  }

  /// One of the two parts of PASCAL VOC 2012.
  public enum VOCSplit: String, Sendable, CaseIterable {
    /// The images with scribbles, listed in trainaug.txt.
    case training = "trainaug"
    /// The images for evaluation, listed in val.txt; they have no scribbles.
    case validation = "val"
  }

  /// The tree of PASCAL VOC 2012 with ScribbleSup's annotations; `root` is the folder VOCdevkit.
  public static func voc(
    root: String, split: VOCSplit, scribbles: String = "pascal_2012"
  ) -> DatasetLayout {
    let voc = "\(root)/VOC2012"
    return DatasetLayout(
      images: "\(voc)/JPEGImages",
      scribbles: split == .training ? "\(root)/scribble_annotation/\(scribbles)" : nil,
      masks: "\(voc)/SegmentationClassAug",
      list: "\(voc)/ImageSets/Segmentation/\(split.rawValue).txt")
  }
}
