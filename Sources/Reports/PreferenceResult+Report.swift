import Evaluation
import Foundation

extension PreferenceResult {
  /// Both curves as tables for a terminal, ranges in percent of the image's diagonal.
  package var table: String {
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

  /// The curves with their titles, and a sentence about the pixels that are in none of their bins.
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

extension PreferenceResult {
  /// The curves and their tables as the parts of a report.
  var html: String {
    curves.map { title, curve, missing in
      let rest = ratio(curve.pixelsWithout, curve.pixels).map { $0 == 0 ? "" : " \(Percent.text($0)) \(missing)." }
      return """
        <section>
        <h2>\(escaped(title))</h2>
        <p class="note">Distances in percent of the image's diagonal, means over the classes that occur at each.\
        \(rest ?? "")</p>
        <div class="charts wide">\(chart(title, curve).html())\(table(curve))</div>
        </section>
        """
    }.joined(separator: "\n")
  }

  /// Each range at the mean distance of its pixels.
  private func chart(_ title: String, _ curve: Curve) -> LineChart {
    func series(_ name: String, _ value: (Bin) -> Double?) -> LineChart.Series {
      .init(
        name,
        curve.bins.compactMap { bin in
          guard let distance = bin.meanDistance, let value = value(bin) else { return nil }
          return .init(distance * 100, value * 100)
        })
    }
    return LineChart(
      title: "IoU and recall", xLabel: "% of the diagonal", yLabel: "%", namesLast: false,
      series: [series("mean IoU", \.meanIoU), series("mean recall", \.meanRecall)])
  }

  private func table(_ curve: Curve) -> String {
    let most = curve.bins.map(\.pixels).max() ?? 0
    let rows = curve.bins.map { bin in
      let width = decimals((ratio(bin.pixels, most) ?? 0) * 100, 1)
      return """
        <tr><th scope="row">\(bin.range)</th>\
        <td><span class="bar"><i style="width:\(width)%"></i></span></td>\
        <td>\(Percent.number(ratio(bin.pixels, curve.pixels)))</td><td>\(Percent.number(bin.meanIoU))</td>\
        <td>\(Percent.number(bin.meanRecall))</td><td>\(bin.classCount)</td></tr>
        """
    }
    return """
      <table class="bins">
      <thead><tr><th scope="col">Distance %</th><th scope="col" colspan="2">Pixels %</th><th scope="col">IoU %</th>\
      <th scope="col">Recall %</th><th scope="col">Classes</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody>
      </table>
      """
  }
}
