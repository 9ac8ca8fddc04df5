/// One label a pixel, rows from the top: a class index, or `Label.ignored`.
public struct LabelMap: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height * width` labels.
  public var labels: [UInt8]

  public init(width: Int, height: Int, labels: [UInt8]) {
    precondition(width > 0 && height > 0 && labels.count == width * height, "a label map needs 1 byte a pixel")
    self.width = width
    self.height = height
    self.labels = labels
  }

  /// A map of one label everywhere.
  public init(width: Int, height: Int, filledWith label: UInt8) {
    self.init(width: width, height: height, labels: Array(repeating: label, count: width * height))
  }
}
