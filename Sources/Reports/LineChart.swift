/// Curves over a common horizontal axis, drawn as SVG.
public struct LineChart: Sendable, Equatable {
  /// An axis: even steps, or even factors.
  public enum Scale: Sendable { case linear, logarithmic }

  /// A point of a curve.
  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve; points that are not finite, or not positive where an axis is logarithmic, are left out.
  public struct Series: Sendable, Equatable {
    public var name: String
    /// In ascending order of `x`.
    public var points: [Point]

    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  /// Of the horizontal axis.
  public var xScale: Scale
  /// Of the vertical axis.
  public var scale: Scale
  /// Draws a running mean, with the values themselves faint behind it.
  public var isSmoothed: Bool
  /// Whether the legend gives each curve's last value, which is what a reader looks for in curves over time.
  public var namesLast: Bool
  public var series: [Series]
  /// The least difference between the ends of the vertical axis, so that small changes look small; 0 for none.
  public var leastSpan: Double
  /// What the curves mean, in a sentence or two below the title; may be empty.
  public var note: String

  public init(
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
