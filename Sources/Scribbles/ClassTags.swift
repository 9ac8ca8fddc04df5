/// The names under which annotations may mention each class.
public struct ClassTags: Sendable, Equatable {
  /// Label of every accepted name.
  public let labels: [String: UInt8]

  /// Tags in class order from 0; `aliases`, also in class order, are accepted where they clash with no tag.
  public init(_ tags: [String], aliases: [String] = []) {
    precondition(max(tags.count, aliases.count) <= Int(UInt8.max), "a label is one byte and 255 is not a class")
    var labels: [String: UInt8] = [:]
    for names in [tags, aliases] {
      for (label, name) in zip(UInt8.min..., names) where labels[name] == nil { labels[name] = label }
    }
    self.labels = labels
  }

  /// Label of `tag`, or nil when no class has that name.
  public subscript(tag: String) -> UInt8? { labels[tag] }

  /// The known tag which takes the fewest changes of a letter to reach from `tag`, upper and lower case being alike.
  public func nearest(to tag: String) -> String? {
    let wanted = Array(tag.lowercased().prefix(ClassTags.comparedLength))
    return labels.keys.sorted()
      .map { (name: $0, distance: ClassTags.changes(wanted, Array($0.lowercased()))) }
      .min { $0.distance < $1.distance }?.name
  }

  /// Longer tags are cut to this before they are compared, so that a hostile one costs nothing.
  private static let comparedLength = 64

  /// Levenshtein distance: insertions, deletions and replacements of one letter each.
  private static func changes(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let replaced = diagonal + (letter == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
