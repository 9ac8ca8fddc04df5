import Datasets
import Images
import Preparation
import TestSupport

/// Photographs of 10 x 10 pixels with scribbles, or masks, that a test draws.
struct LabelTree {
  static let side = 10
  let folder: TemporaryFolder

  /// Writes photographs that differ, empty scribbles for training and masks of class 0 for validation.
  init(training: [String], validation: [String] = []) throws {
    folder = try TemporaryFolder()
    for (index, id) in (training + validation).enumerated() {
      let pixels = [UInt8](repeating: UInt8(index), count: Self.side * Self.side * 3)
      try folder.write("images/\(id).png", [])
      try Image(width: Self.side, height: Self.side, pixels: pixels).write(png: folder("images/\(id).png"))
    }
    for id in training { try scribbles(id, LabelMap(width: Self.side, height: Self.side, filledWith: Label.ignored)) }
    for id in validation { try mask(id, [0]) }
    try folder.write("train.txt", training.joined(separator: "\n"))
    try folder.write("val.txt", validation.joined(separator: "\n"))
  }

  /// Draws pixels of a label by their places; the others have `background`.
  func scribble(_ id: String, _ label: UInt8, at places: [Int], on background: UInt8 = Label.ignored) throws {
    var map = LabelMap(width: Self.side, height: Self.side, filledWith: background)
    for place in places { map.labels[place] = label }
    try scribbles(id, map)
  }

  /// Writes a mask of these labels, the last one in all the pixels that are left.
  func mask(_ id: String, _ labels: [UInt8], in kind: String = "masks") throws {
    var map = LabelMap(width: Self.side, height: Self.side, filledWith: labels.last ?? 0)
    for (place, label) in labels.enumerated() { map.labels[place] = label }
    try folder.write("\(kind)/\(id).png", [])
    try map.write(palettePNG: folder("\(kind)/\(id).png"))
  }

  private func scribbles(_ id: String, _ map: LabelMap) throws { try mask(id, map.labels, in: "scribbles") }

  func check(
    classes: [String]? = ["background", "cat"], values: LabelValues? = nil, maskValues: LabelValues? = nil,
    comparing: Bool = false, isLoading: Bool = true, _ progress: (String, Int, Int) -> Void = { _, _, _ in }
  ) throws -> DatasetCheck {
    var training = DatasetLayout(
      images: folder("images"), scribbles: folder("scribbles"), list: folder("train.txt"))
    training.scribbleValues = values
    var validation = DatasetLayout(images: folder("images"), masks: folder("masks"), list: folder("val.txt"))
    validation.maskFormats = [PNGMasks(values: maskValues)]
    var reference = training
    reference.masks = folder("masks")
    return DatasetCheck(
      [.init("training", training, comparingWith: comparing ? reference : nil), .init("validation", validation)],
      classes: try classes.map { try ClassList($0) }, isLoading: isLoading, progress: progress)
  }
}
