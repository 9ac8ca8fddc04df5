import Experiments
import Testing

@Suite struct ReportSelectionTests {
  @Test("all images are shown where there is room, the worst first, and those without a score last") func all() {
    let selection = ReportSelection([0.5, nil, 0.1, 0.5, 0.9], limit: 5)
    #expect(selection.worst == [2, 0, 3, 4, 1] && selection.best.isEmpty)
  }

  @Test("of more images the worst and the best are shown, none of them twice", arguments: 0...9) func ends(limit: Int) {
    let scores = [0.5, nil, 0.1, 0.7, 0.3, 0.9, nil, 0.2, 0.8, 0.6]
    let selection = ReportSelection(scores, limit: limit)
    let order = [2, 7, 4, 0, 9, 3, 8, 5]
    #expect(selection.worst == Array(order.prefix((limit + 1) / 2)))
    #expect(selection.best == Array(order.reversed().prefix(min(limit / 2, 8 - selection.worst.count))))
  }

  @Test("words are written as a shell takes them") func shell() {
    #expect(shellText(["blpseg", "a b", "it's", "x=1,2", ""]) == "blpseg 'a b' 'it'\\''s' x=1,2 ''")
  }
}
