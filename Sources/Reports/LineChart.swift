/// Curves over a common horizontal axis, drawn as SVG.
package struct LineChart: Sendable, Equatable {
  /// An axis: even steps, or even factors.
  package enum Scale: Sendable { case linear, logarithmic }

  /// A point of a curve.
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve; points that are not finite, or not positive where an axis is logarithmic, are left out.
  package struct Series: Sendable, Equatable {
    package var name: String
    /// In ascending order of `x`.
    package var points: [Point]

    package init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  package var title: String
  package var xLabel: String
  package var yLabel: String
  /// Of the horizontal axis.
  package var xScale: Scale
  /// Of the vertical axis.
  package var scale: Scale
  /// Draws a running mean, with the values themselves faint behind it.
  package var isSmoothed: Bool
  /// Whether the legend gives each curve's last value, which is what a reader looks for in curves over time.
  package var namesLast: Bool
  package var series: [Series]
  /// The least difference between the ends of the vertical axis, so that small changes look small; 0 for none.
  package var leastSpan: Double
  /// What the curves mean, in a sentence or two below the title; may be empty.
  package var note: String

  package init(
    title: String, xLabel: String, yLabel: String, xScale: Scale = .linear, scale: Scale = .linear,
    isSmoothed: Bool = false, namesLast: Bool = true, series: [Series], leastSpan: Double = 0, note: String = ""
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.xScale = xScale
    self.scale = scale
    self.isSmoothed = isSmoothed
    self.namesLast = namesLast
    self.series = series
    self.leastSpan = leastSpan
    self.note = note
  }
}
