import Datasets

/// Doubts about scribbles: too much or too little drawn, or values that are probably meant otherwise than they are
/// read.
struct ScribbleFindings {
  /// The images that could be loaded.
  let images: [ImageContents]
  let classes: ClassList
  /// The folder of the scribbles.
  let folder: String
  /// The list of the images.
  let list: String
  /// Whether every image was examined, so that a class that was not found is missing.
  let isComplete: Bool

  /// Strokes drawn by hand cover a few percent of a photograph, thick ones a tenth; more than half is another kind of
  /// label image.
  private static let mostDrawn = 0.5
  /// Share of value 0 in labelled pixels above which the rest looks like strokes on a background.
  private static let dominantShare = 0.8
  /// Smallest number of pixels from which scribbles and masks are compared: strokes may cross a contour.
  private static let fewestCompared = 20

  var all: [Finding] {
    guard !images.isEmpty else { return [] }
    let pixels = classes.names.indices.map { label in images.reduce(0) { $0 + ($1.scribbles?.pixels[label] ?? 0) } }
    let drawn = pixels.indices.filter { pixels[$0] > 0 }
    if let problem = nothingToLearn(drawn), isComplete { return [problem] }
    return [coverage(pixels, drawn), undrawn(drawn), emptyImages].compactMap { $0 } + contradictions
  }

  private var covered: [ImageContents] {
    images.filter { ($0.scribbles?.labelledShare ?? 0) > ScribbleFindings.mostDrawn }
  }

  private func nothingToLearn(_ drawn: [Int]) -> Finding? {
    guard drawn.count < 2 else { return nil }
    let count = images.count == 1 ? "the one image" : "any of the \(images.count) images"
    guard let only = drawn.first else {
      return Finding(
        .problem, folder, "holds no stroke for \(count) in \(list), so that nothing can be learnt; draw some")
    }
    var sentence = "holds strokes of one class only, \(quoted(only)), so that nothing can be learnt"
    if only == 0, !covered.isEmpty {
      let example = values([(0, LabelValues.unlabelled), (255, classes.names[1])])
      sentence +=
        "; if 255 is what was drawn and 0 is not (white strokes on black), set "
        + "\(LabelValues.scribbleSetting): \(example)"
    } else {
      sentence += "; draw on \(only == 0 ? "the other classes" : "the background") too"
    }
    return Finding(.problem, folder, sentence)
  }

  private func coverage(_ pixels: [Int], _ drawn: [Int]) -> Finding? {
    let covered = covered
    guard !covered.isEmpty else { return nil }
    let labelled = covered.reduce(0) { $0 + ($1.scribbles?.labelledPixels ?? 0) }
    let zero = covered.reduce(0) { $0 + ($1.scribbles?.pixels[0] ?? 0) }
    let share = Double(labelled) / Double(covered.reduce(0) { $0 + $1.width * $1.height })
    let start =
      "\(share < 0.9995 ? percent(share) : "100 %") of the pixels are scribbled in \(covered.count) of "
      + "\(images.count) images"
    if Double(zero) > ScribbleFindings.dominantShare * Double(labelled) {
      let others = drawn.filter { $0 > 0 }.map { ($0, classes.names[$0]) }
      return Finding(
        .doubt, folder,
        "\(start), \(percent(Double(zero) / Double(labelled))) of these as \(quoted(0)); if 0 means that nothing was "
          + "drawn, set \(LabelValues.scribbleSetting): \(values([(0, LabelValues.unlabelled)] + others)), where the "
          + "background needs a value too")
    }
    return Finding(
      .doubt, folder,
      "\(start), so that these look like complete masks; are they meant to be learnt from whole? Otherwise draw strokes, "
        + "and leave the masks to data.masks")
  }

  private func undrawn(_ drawn: [Int]) -> Finding? {
    let missing = classes.names.indices.filter { !drawn.contains($0) }
    guard isComplete, !missing.isEmpty else { return nil }
    if missing == [0] {
      return Finding(
        .doubt, folder,
        "holds no stroke of \(quoted(0)) in any image; class 0 is the background, and has to be drawn on too")
    }
    return Finding(
      .doubt, folder,
      "holds no stroke of \(named(missing, classes)), which cannot be learnt; draw on \(missing.count == 1 ? "it" : "them"), "
        + "or take \(missing.count == 1 ? "it" : "them") out of the classes")
  }

  private var emptyImages: Finding? {
    let empty = images.filter { $0.scribbles?.labelledPixels == 0 }
    guard !empty.isEmpty else { return nil }
    return Finding(
      .doubt, list,
      "lists \(empty.count == 1 ? "an image" : "\(empty.count) images") without a stroke (\(firstFew(empty.map(\.id)))), "
        + "from which nothing is learnt; draw on \(empty.count == 1 ? "it" : "them"), or take "
        + "\(empty.count == 1 ? "it" : "them") off the list")
  }

  /// Classes whose strokes lie mostly on another class of the masks.
  private var contradictions: [Finding] {
    var counts: [ImageContents.Pair: Int] = [:]
    for image in images { counts.merge(image.pairs, uniquingKeysWith: +) }
    var clauses: [String] = []
    for drawn in classes.names.indices {
      let row = counts.filter { Int($0.key.drawn) == drawn }
      let total = row.values.reduce(0, +)
      guard total >= ScribbleFindings.fewestCompared, let most = row.max(by: { $0.value < $1.value }),
        Int(most.key.actual) != drawn, 2 * most.value > total
      else { continue }
      clauses.append(
        "\(percent(Double(most.value) / Double(total))) of the pixels scribbled as \(quoted(drawn)) are "
          + "\(quoted(Int(most.key.actual)))")
    }
    guard !clauses.isEmpty else { return [] }
    return [
      Finding(
        .doubt, folder,
        "contradicts the masks of the same images, where \(clauses.prefix(3).joined(separator: ", and "))"
          + "\(clauses.count > 3 ? ", and so on" : ""); have both the classes in the order of the class list?")
    ]
  }

  private func quoted(_ label: Int) -> String { "\"\(classes.names[label])\"" }

  private func values(_ entries: [(Int, String)]) -> String {
    LabelValues.example(entries.map { (value: $0.0, name: $0.1) })
  }
}

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
