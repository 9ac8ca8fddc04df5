import Files

/// How many bytes may be made or checked of the contents of one file: a small file that claims to hold a large model is
/// refused.
///
/// Weights hardly compress, and a tensor that repeats its storage is rare, so honest files stay far below.
final class MemoryBudget {
  static let bytesPerFileByte = 64
  static let allowance = 16 << 20

  private let path: String
  private let limit: Int
  private var left: Int

  init(path: String, fileLength: Int) {
    self.path = path
    let (product, overflow) = fileLength.multipliedReportingOverflow(by: Self.bytesPerFileByte)
    limit = overflow ? .max : max(product, product &+ Self.allowance)
    left = limit
  }

  func take(_ bytes: Int) throws(FileError) {
    guard bytes <= left else {
      throw .invalid(
        path,
        "asks for more than \(limit) bytes of memory, "
          + "\(Self.bytesPerFileByte) times its own length; it is damaged or hostile"
      )
    }
    left -= bytes
  }
}
