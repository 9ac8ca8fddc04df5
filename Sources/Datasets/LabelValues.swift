import Files
import Images

/// The meaning of the values in label images that are not class indices: each value's class by its name, or
/// `unlabelled`.
///
/// Values without a name are invalid then, except 255, which stays "nothing drawn" in scribbles and "void" in masks.
public struct LabelValues: Sendable, Equatable {
  /// Stands for "no label" in place of a class's name.
  public static let unlabelled = "unlabelled"
  /// The setting for scribbles, for messages.
  public static let scribbleSetting = "data.scribble_values"
  /// The setting for masks, for messages.
  public static let maskSetting = "data.mask_values"

  /// The class of each value by its name, or `unlabelled`.
  public let names: [UInt8: String]

  public init(_ names: [UInt8: String]) { self.names = names }

  /// As a settings file writes it: `{0: unlabelled, 1: cat}`; entries beyond the first few become an ellipsis.
  package static func example(_ entries: [(value: Int, name: String)]) -> String {
    let limit = 4
    let texts = entries.prefix(limit).map { "\($0.value): \($0.name)" } + (entries.count > limit ? ["..."] : [])
    return "{\(texts.joined(separator: ", "))}"
  }
}

/// Labels from the values in label images, as `LabelValues` names them or as class indices.
struct LabelTable: Sendable {
  private let classes: ClassList
  private let setting: String
  /// The label of each of the 256 values, nil for invalid ones; nil where values are class indices.
  private let labels: [UInt8?]?

  /// Looks the names up among the classes; throws for one that is none of them. Errors name `setting`.
  ///
  /// Without `values`, and where the classes are not known, values are class indices.
  init(_ values: LabelValues?, _ classes: ClassList, setting: String) throws(FileError) {
    (self.classes, self.setting) = (classes, setting)
    guard let values, classes != .unknown else {
      labels = nil
      return
    }
    var labels = [UInt8?](repeating: nil, count: Int(UInt8.max) + 1)
    labels[Int(Label.ignored)] = Label.ignored
    let tags = classes.scribbleTags
    for (value, name) in values.names.sorted(by: { $0.key < $1.key }) {
      if name == LabelValues.unlabelled {
        labels[Int(value)] = Label.ignored
      } else if let label = tags[name] {
        labels[Int(value)] = label
      } else {
        let near = tags.nearest(to: name).map { "; the nearest class is \"\($0)\"" } ?? ""
        throw .invalid(
          setting,
          "gives the value \(value) the class \"\(name.prefix(64))\", which is neither a class nor "
            + "\(LabelValues.unlabelled)\(near)")
      }
    }
    self.labels = labels
  }

  /// Values that are class indices.
  init(indicesOf classes: ClassList, setting: String) {
    (self.classes, self.setting, labels) = (classes, setting, nil)
  }

  /// The labels of an image of values. Throws for a value that is neither a class nor `Label.ignored`.
  func labels(of map: LabelMap, _ path: String) throws(FileError) -> LabelMap {
    guard let labels else {
      try requireClasses(in: map, path)
      return map
    }
    var result = map
    for (pixel, value) in map.labels.enumerated() {
      guard let label = labels[Int(value)] else {
        let known = labels.indices.filter { labels[$0] != nil }.map(String.init).joined(separator: ", ")
        throw .invalid(
          path,
          "has the value \(value) at column \(pixel % map.width), row \(pixel / map.width), and \(setting) names "
            + "\(known) only; add the value there")
      }
      result.labels[pixel] = label
    }
    return result
  }

  private func requireClasses(in map: LabelMap, _ path: String) throws(FileError) {
    let count = UInt8(classes.count)
    guard map.isPresent[classes.count..<Int(Label.ignored)].contains(true),
      let pixel = map.labels.firstIndex(where: { $0 >= count && $0 != Label.ignored })
    else { return }
    throw .invalid(
      path,
      "has label \(map.labels[pixel]) at column \(pixel % map.width), row \(pixel / map.width); "
        + "labels 0 to \(classes.count - 1) and \(Label.ignored) were expected for \(classes.count) classes"
        + LabelGuess(map, classes, setting: setting).clause)
  }
}

/// A guess at the meaning of a label image whose values are not class indices.
private struct LabelGuess {
  private let values: [Int]
  private let classes: ClassList
  private let setting: String

  /// `setting` is the one that gives values their meaning.
  init(_ map: LabelMap, _ classes: ClassList, setting: String) {
    let present = map.isPresent
    values = present.indices.filter { present[$0] && $0 != Int(Label.ignored) }
    self.classes = classes
    self.setting = setting
  }

  /// Label images hold few values; a photograph or a map of probabilities holds many.
  private static let mostValues = 64
  /// Smallest distance between grey levels that were chosen to be distinguished by eye; class indices are consecutive.
  private static let smallestGreyStep = 16

  /// A clause to be added to an error, beginning with a semicolon; empty where nothing can be guessed.
  var clause: String {
    let isScribble = setting == LabelValues.scribbleSetting
    if values.count > LabelGuess.mostValues {
      return "; \(values.count) different values look like a photograph or a map of probabilities, not like class "
        + "indices"
    }
    if values.last == classes.count {
      let first = values.first == 0 && isScribble ? [(value: 0, name: LabelValues.unlabelled)] : []
      if values.first == 0 && !isScribble { return "; is a class missing in the list of classes?" }
      let shifted = classes.names.enumerated().map { (value: $0 + 1, name: $1) }
      return
        "; if the classes are counted from 1 here\(first.isEmpty ? "" : " and 0 means that nothing was drawn"), set "
        + "\(setting): \(LabelValues.example(first + shifted))"
    }
    let steps = zip(values, values.dropFirst()).map { $1 - $0 }
    guard !steps.isEmpty, steps.allSatisfy({ $0 >= LabelGuess.smallestGreyStep }) else { return "" }
    let names = zip(values, classes.names).map { (value: $0, name: $1) }
    return
      "; the values \(values.prefix(6).map(String.init).joined(separator: ", "))\(values.count > 6 ? ", ..." : "") "
      + "look like grey levels, not like class indices: give their meaning, as with "
      + "\(setting): \(LabelValues.example(names))"
  }
}
