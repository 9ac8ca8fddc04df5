/// The views of a photograph whose predictions are averaged (Docs/Method.md, "Evaluation").
public struct Views: Sendable, Equatable, Codable {
  /// Factors by which the sides are resized, all above 0.
  public var scales: [Double]
  /// Whether each scale is also predicted mirrored.
  public var mirror: Bool

  public init(scales: [Double], mirror: Bool) {
    precondition(!scales.isEmpty && scales.allSatisfy { $0 > 0 }, "views need a scale above 0")
    self.scales = scales
    self.mirror = mirror
  }

  /// The photograph itself, once.
  public static let single = Views(scales: [1], mirror: false)
  /// Four scales, each also mirrored, as in the paper.
  public static let published = Views(scales: [0.5, 0.75, 1, 1.25], mirror: true)

  /// Number of pixels of all views over that of the photograph: about how much longer they take.
  public var cost: Double { scales.reduce(0) { $0 + $1 * $1 } * (mirror ? 2 : 1) }

  /// Number of views.
  public var count: Int { scales.count * (mirror ? 2 : 1) }
}
