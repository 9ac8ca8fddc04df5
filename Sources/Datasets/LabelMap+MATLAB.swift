import Files
import Images

extension LabelMap {
  /// The ground truth in a file of PASCAL-Context: variable `LabelMap` of a MATLAB v5 file, its labels renamed to
  /// classes.
  ///
  /// Throws for files that cannot be read and for labels that `renaming` does not know.
  public init(matFile path: String, _ renaming: LabelRenaming) throws(FileError) {
    let matrix = try MATLABMatrix(contentsOf: path, variable: "LabelMap")
    let classes = renaming.classes
    if let place = matrix.values.firstIndex(where: { $0 >= classes.count }) {
      throw .invalid(
        path,
        "has the value \(matrix.values[place]) in row \(place / matrix.columns), column \(place % matrix.columns) of "
          + "LabelMap; labels from 0 to \(classes.count - 1) have names")
    }
    self.init(width: matrix.columns, height: matrix.rows, labels: matrix.values.map { classes[Int($0)] })
  }
}
