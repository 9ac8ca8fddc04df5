import Images

/// What is probably meant by a label image whose values are no class indices.
struct LabelGuess {
  private let values: [Int]
  private let classes: ClassList
  private let setting: String

  /// `setting` is the one that says what values mean.
  init(_ map: LabelMap, _ classes: ClassList, setting: String) {
    let present = map.isPresent
    values = present.indices.filter { present[$0] && $0 != Int(Label.ignored) }
    self.classes = classes
    self.setting = setting
  }

  /// Label images hold few values; a photograph or a map of probabilities holds many.
  private static let mostValues = 64
  /// Grey levels that were chosen to be told apart by eye lie this far apart at least; class indices follow each other.
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
      + "look like grey levels, not like class indices: say what they mean, as with "
      + "\(setting): \(LabelValues.example(names))"
  }
}
