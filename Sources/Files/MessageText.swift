/// The name that was probably meant by `name`: the one at the smallest edit distance, if at most a third of its letters
/// are wrong. Upper and lower case are alike.
package func nearest(to name: String, among names: [String]) -> String? {
  // Keys and tags of a hostile file may be as long as the file.
  guard name.count <= 100 else { return nil }
  let word = Array(name.lowercased())
  let candidates = names.map { (name: $0, distance: editDistance(word, Array($0.lowercased()))) }
  guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, best.name.count / 3) ? best.name : nil
}

/// Number of letters to insert, delete, replace or swap with their neighbour to turn one word into the other.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var distance = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { distance = min(distance, before[j - 1] + 1) }
      next.append(distance)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}

extension [String] {
  /// The words as a choice: "a", "a or b", "a, b or c".
  package var alternatives: String {
    let last = suffix(1).joined()
    return count > 1 ? "\(dropLast().joined(separator: ", ")) or \(last)" : last
  }
}
