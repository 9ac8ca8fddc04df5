import Foundation

extension PreferenceResult {
  /// Both curves as tables for a terminal, ranges in percent of the image's diagonal.
  public var table: String {
    curves.map { title, curve, missing in
      let rows = curve.bins.map { bin in
        [
          bin.range, Percent.number(ratio(bin.pixels, curve.pixels)), Percent.number(bin.meanIoU),
          Percent.number(bin.meanRecall), "\(bin.classCount)",
        ]
      }
      let header = ["% of the diagonal", "% of the pixels", "IoU %", "recall %", "classes"]
      let table = TextTable(header: header, groups: [rows]).text
      let rest = ratio(curve.pixelsWithout, curve.pixels).map { $0 == 0 ? "" : "\n\(Percent.text($0)) \(missing)" }
      return "\(title)\n\(table)\(rest ?? "")"
    }.joined(separator: "\n\n")
  }

  /// The curves with their titles, and what is said of the pixels that are in none of their bins.
  var curves: [(title: String, curve: Curve, missing: String)] {
    let own = reference == .ownClass
    return [
      (
        "By distance to the nearest scribble of \(own ? "the pixel's own class" : "any class")", byScribbleDistance,
        "of the pixels are of a class without a scribble in their image"
      ),
      ("By depth inside the object", byDepth, "of the pixels are in images of one region, which has no contour"),
    ]
  }
}

extension PreferenceResult.Bin {
  /// "0.5–1" or "≥ 24", in percent.
  var range: String {
    let number = { (share: Double) in String(format: "%g", share * 100) }
    return to.map { "\(number(from))–\(number($0))" } ?? "≥ \(number(from))"
  }
}
