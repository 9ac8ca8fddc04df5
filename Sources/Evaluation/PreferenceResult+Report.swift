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
