import Files

/// The names of the labels in a ground truth that tells more apart than the classes do, as PASCAL-Context's.
public struct LabelNames: Sendable, Equatable {
  /// The names of the labels 1, 2 and so on; label 0 is what nobody named.
  public let names: [String]

  init(_ names: [String]) { self.names = names }

  /// A file with one name a line after its label, from "1: accordion" on without holes; a line "0: background" may
  /// stand before it.
  public init(contentsOf path: String) throws(FileError) {
    let lines: [String]
    do {
      lines = try InputFile.lines(path)
    } catch {
      throw error.expecting("the names of the labels, one a line as in \"1: accordion\",")
    }
    if let line = lines.first(where: { NumberedLine($0) == nil }) {
      throw .invalid(
        path, "has the line \"\(line.prefix(64))\", a label and a name as in \"1: accordion\" were expected")
    }
    let named = lines.compactMap(NumberedLine.init).filter { $0.number != 0 }.sorted { $0.number < $1.number }
    guard 1...LabelNames.most ~= named.count else {
      throw .invalid(path, "names \(named.count) labels, 1 to \(LabelNames.most) were expected")
    }
    for (index, line) in named.enumerated() where line.number != index + 1 {
      throw .invalid(
        path,
        "has label \(line.number) (\"\(line.name.prefix(64))\") where \(index + 1) was expected; "
          + "number the names from 1 without holes")
    }
    names = named.map(\.name)
  }

  /// Numbers in a ground truth have 16 bits, and the highest one is taken for what is no label.
  private static let most = 65_534
}
