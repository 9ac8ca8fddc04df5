/// The name that somebody probably meant: the one at the smallest edit distance, if a third of its letters or fewer are
/// wrong.
package func nearest(to name: String, among names: [String]) -> String? {
  // A key of a hostile file may be as long as the file.
  guard name.count <= 100 else { return nil }
  let candidates = names.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, best.name.count / 3) ? best.name : nil
}

/// How many letters are inserted, deleted, replaced or swapped with their neighbour to turn one word into the other.
private func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
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
