import Images

/// What the classes of a network are called and how they look.
public struct ClassAppearance: Sendable {
  /// Nil where the weights do not say.
  public let names: [String]?
  public let colors: ColorMap

  /// The name of a class, or its label.
  package func name(_ label: Int) -> String {
    guard let names, names.indices.contains(label) else { return "\(label)" }
    return names[label]
  }
}

extension Image {
  /// The photograph with predicted classes drawn over it, and a legend of those that are there.
  package func overlay(of labels: LabelMap, _ classes: ClassAppearance) -> Image {
    let present = labels.isPresent
    let shown = (1..<Int(Label.ignored)).filter { present[$0] }
    // The background has no colour in the picture; it is named where nothing else is.
    let entries = (shown.isEmpty ? [0] : shown).map { LegendEntry(classes.name($0), classes.colors[UInt8($0)]) }
    return overlaid(with: labels, colors: classes.colors).adding(legend: entries, sparing: labels)
  }
}
