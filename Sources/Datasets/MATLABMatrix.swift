import CMatIO
import Files
import Foundation

/// A matrix of whole numbers in a MATLAB v5 file, compressed or not, of any numeric class.
package struct MATLABMatrix: Equatable {
  package let rows: Int
  package let columns: Int
  /// `rows * columns` numbers from 0 to 65534, row by row.
  package let values: [UInt16]

  /// Reads the variable `name`.
  ///
  /// Throws for a file of another kind or version, a damaged one, one without the variable, for a variable that is no
  /// matrix of real numbers or has more than 2^24, and for numbers that are not whole or outside 0 to 65534.
  package init(contentsOf path: String, variable name: String) throws(FileError) {
    let data = try InputFile.read(path)
    var (rows, columns) = (0, 0)
    try MATLABMatrix.call(path, name) { message in
      data.withUnsafeBytes { cmatio_check($0.baseAddress, $0.count, name, &rows, &columns, message) }
    }
    var stored = [UInt16](repeating: 0, count: rows * columns)
    var stray = 0.0
    try MATLABMatrix.call(path, name) { message in
      cmatio_read(path, name, &stored, stored.count, &stray, message)
    }
    (self.rows, self.columns) = (rows, columns)
    values = MATLABMatrix.rowByRow(stored, rows, columns)
    if let element = stored.firstIndex(of: UInt16(CMATIO_STRAY)) {
      throw .invalid(
        path,
        "has the value \(MATLABMatrix.text(stray)) in row \(element % rows), column \(element / rows) of \(name); "
          + "a label is a whole number of at least 0")
    }
  }

  private static func rowByRow(_ stored: [UInt16], _ rows: Int, _ columns: Int) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: stored.count) { values, initialized in
      stored.withUnsafeBufferPointer { stored in
        for row in 0..<rows {
          for column in 0..<columns { values[row * columns + column] = stored[column * rows + row] }
        }
      }
      initialized = stored.count
    }
  }

  /// Whole numbers without the ".0" that Swift writes.
  private static func text(_ value: Double) -> String { String(format: "%g", value) }

  private static func call(
    _ path: String, _ name: String, _ body: (UnsafeMutablePointer<CChar>?) -> CMatIOStatus
  ) throws(FileError) {
    var message = [CChar](repeating: 0, count: Int(CMATIO_MESSAGE_SIZE))
    let status = message.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    let found = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    switch status {
    case CMATIO_OK: return
    case CMATIO_OTHER_FORMAT:
      throw .invalid(path, "\(found); one of version 5 was expected, as MATLAB saves with -v7 or -v6")
    case CMATIO_NO_VARIABLE: throw .invalid(path, "holds no variable \(name), which the labels are expected in")
    case CMATIO_NO_MATRIX:
      throw .invalid(path, "\(found), a matrix \(name) of real numbers was expected; save it alone")
    case CMATIO_CUT_SHORT: throw .invalid(path, "is cut short; copy or download it again")
    case CMATIO_NO_MEMORY: throw FileError(path, .inaccessible, "needs more memory than there is to be read")
    default: throw .invalid(path, "is damaged: \(found); copy or download it again")
    }
  }
}
