/// What the values in label images mean where they are not class indices: each value's class by its name, or
/// `unlabelled`.
///
/// Values that are not named have no meaning then, but for 255, which stays "nothing drawn" in scribbles and "void" in
/// masks.
public struct LabelValues: Sendable, Equatable {
  /// The word that stands for "no label" where a class could be named.
  public static let unlabelled = "unlabelled"
  /// The setting that gives the values of scribbles, for messages.
  public static let scribbleSetting = "data.scribble_values"
  /// The setting that gives the values of masks, for messages.
  public static let maskSetting = "data.mask_values"

  /// The class of each value by its name, or `unlabelled`.
  public let names: [UInt8: String]

  public init(_ names: [UInt8: String]) { self.names = names }

  /// As a settings file writes it: `{0: unlabelled, 1: cat}`; entries beyond the first few become an ellipsis.
  package static func example(_ entries: [(value: Int, name: String)]) -> String {
    let shown = 4
    let texts = entries.prefix(shown).map { "\($0.value): \($0.name)" } + (entries.count > shown ? ["..."] : [])
    return "{\(texts.joined(separator: ", "))}"
  }
}
