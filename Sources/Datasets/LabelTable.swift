import Files
import Images

/// The labels of the values in label images, as `LabelValues` names them.
struct LabelTable: Sendable {
  private let setting: String
  /// The label of each of the 256 values; nil for values without a meaning.
  private let labels: [UInt8?]

  /// Looks the names up among the classes; throws for one that is none of them. `setting` is what errors name.
  init(_ values: LabelValues, _ classes: ClassList, setting: String) throws(FileError) {
    self.setting = setting
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

  /// The labels of an image of values. Throws for a value that has no meaning.
  func labels(of map: LabelMap, _ path: String) throws(FileError) -> LabelMap {
    var result = map
    for (place, value) in map.labels.enumerated() {
      guard let label = labels[Int(value)] else {
        let known = labels.indices.filter { labels[$0] != nil }.map(String.init).joined(separator: ", ")
        throw .invalid(
          path,
          "has the value \(value) at column \(place % map.width), row \(place / map.width), and \(setting) names "
            + "\(known) only; add the value there")
      }
      result.labels[place] = label
    }
    return result
  }
}
