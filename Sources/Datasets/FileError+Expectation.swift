import Files
import Foundation

extension FileError {
  /// The same error; where nothing is at the path, also with the whole path and what should be there.
  package func expecting(_ contents: String) -> FileError {
    guard reason == .missing else { return self }
    let whole = URL(fileURLWithPath: path).standardizedFileURL.path
    let place = whole == path ? "" : " at \(whole)"
    return FileError(path, .missing, "\(problem)\(place); \(contents) was expected there")
  }
}
