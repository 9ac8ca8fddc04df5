import Testing

/// Expects two lists to agree element by element within `tolerance`, and names the worst element where they do not.
func expectClose<Element>(
  _ found: [Element], _ expected: [Element], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation, value: (Element) -> Double
) {
  guard found.count == expected.count, !found.isEmpty else {
    Issue.record("\(what): \(found.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  var (worst, place) = (-1.0, 0)
  for i in found.indices {
    let difference = abs(value(found[i]) - value(expected[i]))
    // A difference that is no number is the worst.
    if !(difference <= worst) { (worst, place) = (difference, i) }
  }
  #expect(
    worst <= tolerance, "\(what): worst at \(place): \(found[place]), expected \(expected[place])",
    sourceLocation: sourceLocation)
}

func expectClose(
  _ found: [UInt8], _ expected: [UInt8], tolerance: Int, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(found, expected, tolerance: Double(tolerance), what, sourceLocation: sourceLocation) { Double($0) }
}

func expectClose(
  _ found: [Float], _ expected: [Float], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(found, expected, tolerance: tolerance, what, sourceLocation: sourceLocation) { Double($0) }
}
