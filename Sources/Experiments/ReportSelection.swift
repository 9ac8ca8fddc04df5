/// Which images of a data set a report shows: all, or those with the lowest and the highest scores.
package struct ReportSelection: Equatable {
  /// Indices of images, the worst first.
  package let worst: [Int]
  /// Indices of further images, the best first; empty where `worst` has all.
  package let best: [Int]

  /// At most `limit` images by their scores, which are nil where nothing could be compared: these come last.
  package init(_ scores: [Double?], limit: Int) {
    let ascending = scores.indices.sorted { left, right in
      switch (scores[left], scores[right]) {
      case (let a?, let b?): a == b ? left < right : a < b
      case (_?, nil): true
      case (nil, _?): false
      case (nil, nil): left < right
      }
    }
    guard scores.count > limit else {
      (worst, best) = (ascending, [])
      return
    }
    let scored = ascending.filter { scores[$0] != nil }
    worst = Array(scored.prefix((limit + 1) / 2))
    best = Array(scored.dropFirst(worst.count).suffix(limit / 2).reversed())
  }
}
