/// The class of every label of a ground truth that tells more apart than the classes do.
public struct LabelRenaming: Sendable, Equatable {
  /// The classes of the labels 0, 1, 2 and so on.
  public let classes: [UInt8]

  /// Labels become the class of their name, or background where no class has it.
  ///
  /// `sequentially` repeats a fault of the published program, to compare with its results: it renames one label after
  /// another in the same image, so that a label whose class has a larger number than itself is renamed again later.
  /// Of PASCAL-Context, bag and bedclothes become background, bed and bench bicycle. Throws when a class other than
  /// the background has no label.
  public init(from names: LabelNames, to classes: ClassList, sequentially: Bool = false) throws(ClassListError) {
    let unnamed = classes.names.dropFirst().filter { !names.names.contains($0) }
    if let first = unnamed.first {
      throw ClassListError(
        "\"\(first)\"\(unnamed.count > 1 ? " and \(unnamed.count - 1) more classes are" : " is") not among the "
          + "\(names.names.count) names of the labels; use the names that they have there")
    }
    let labels = Dictionary(zip(classes.names, UInt8.min...)) { first, _ in first }
    let direct = [0] + names.names.map { labels[$0] ?? 0 }
    self.classes = sequentially ? direct.indices.map { LabelRenaming.renamedInTurn($0, direct) } : direct
  }

  /// Where label `label` ends when labels 0, 1, 2 ... are renamed in turn.
  private static func renamedInTurn(_ label: Int, _ direct: [UInt8]) -> UInt8 {
    var current = label
    for turn in direct.indices where turn == current { current = Int(direct[turn]) }
    return UInt8(current)
  }
}
