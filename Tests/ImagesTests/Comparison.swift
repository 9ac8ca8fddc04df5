import TestSupport
import Testing

/// Expects two lists of numbers to agree element by element within `tolerance`, and names the worst element where they do not.
func expectClose(
  _ found: [Float], _ expected: [Float], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let closeness = Closeness(found, expected)
  #expect(
    !found.isEmpty && closeness.worst.isWithin(tolerance, fileID: sourceLocation.fileID, line: sourceLocation.line),
    "\(what): \(closeness)", sourceLocation: sourceLocation)
}

/// The same of whole numbers, whose arithmetic is the same on every processor.
func expectClose(
  _ found: [UInt8], _ expected: [UInt8], tolerance: Int, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let closeness = Closeness(found.map(Double.init), expected.map(Double.init))
  #expect(
    !found.isEmpty && closeness.worst <= Double(tolerance), "\(what): \(closeness)", sourceLocation: sourceLocation)
}
