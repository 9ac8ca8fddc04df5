import Datasets

/// Doubts about masks: classes without a pixel, and void where there should be classes.
struct MaskFindings {
  /// The images that could be loaded.
  let images: [ImageContents]
  let classes: ClassList
  /// The folder of the masks.
  let folder: String
  /// Whether every image was examined, so that a class that was not found is missing.
  let isComplete: Bool

  /// Contours of PASCAL VOC's width are void in a twentieth of the pixels; more may be an object.
  private static let mostVoid = 0.1

  var all: [Finding] {
    let masks = images.compactMap(\.groundTruth)
    guard !masks.isEmpty else { return [] }
    let pixels = classes.names.indices.map { label in masks.reduce(0) { $0 + $1.pixels[label] } }
    let labelled = pixels.reduce(0, +)
    let void = masks.reduce(0) { $0 + $1.unlabelledPixels }
    if labelled == 0 {
      return [
        Finding(
          .doubt, folder,
          "holds nothing but void (255) in the masks of all \(images.count) validation images, so that no result can be "
            + "given; if 255 is a class, set \(LabelValues.maskSetting): "
            + "\(example([(0, classes.names[0]), (255, classes.names[1])]))")
      ]
    }
    return [missing(pixels, Double(void) / Double(labelled + void)), voidImages].compactMap { $0 }
  }

  private func missing(_ pixels: [Int], _ voidShare: Double) -> Finding? {
    let missing = pixels.indices.filter { pixels[$0] == 0 }
    guard isComplete, let first = missing.first else { return nil }
    let them = missing.count == 1 ? "it" : "they"
    var sentence =
      "holds no pixel of \(named(missing, classes)) in the masks of the validation images, so that "
      + "\(them) \(missing.count == 1 ? "takes" : "take") no part in the means"
    if missing.count == classes.count - 1, pixels[0] > 0, voidShare > 0 {
      sentence +=
        "; \(percent(voidShare)) of the pixels are void (255): if these are \"\(classes.names[first])\", as in "
        + "masks of 0 and 255, set \(LabelValues.maskSetting): \(example([(0, classes.names[0]), (255, classes.names[first])]))"
    } else if voidShare > MaskFindings.mostVoid {
      sentence +=
        "; \(percent(voidShare)) of the pixels are void (255): if 255 is a class, say so with "
        + LabelValues.maskSetting
    } else {
      sentence += "; is the list of classes that of the masks?"
    }
    return Finding(.doubt, folder, sentence)
  }

  private var voidImages: Finding? {
    let empty = images.filter { $0.groundTruth?.labelledPixels == 0 }
    guard !empty.isEmpty else { return nil }
    return Finding(
      .doubt, folder,
      "holds nothing but void (255) in \(empty.count) of \(images.count) masks (\(firstFew(empty.map(\.id)))), which are "
        + "not evaluated; are these masks complete?")
  }

  private func example(_ entries: [(Int, String)]) -> String {
    LabelValues.example(entries.map { (value: $0.0, name: $0.1) })
  }
}
