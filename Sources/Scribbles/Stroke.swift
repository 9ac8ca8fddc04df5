/// One line drawn by an annotator: a class tag and the points that it joins.
public struct Stroke: Sendable, Equatable {
  /// A place in the photograph, in pixels from its upper left corner; it may lie outside.
  public struct Point: Sendable, Equatable {
    public let x: Int
    public let y: Int

    public init(x: Int, y: Int) {
      self.x = x
      self.y = y
    }
  }

  /// The name of the class, as the annotation writes it.
  public let tag: String
  public let points: [Point]
  /// The line of the file on which the stroke ends, counted from 1; 0 for a stroke that came from no file.
  public let line: Int

  public init(tag: String, points: [Point], line: Int = 0) {
    self.tag = tag
    self.points = points
    self.line = line
  }
}
