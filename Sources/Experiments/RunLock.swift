import Files
import Foundation
import Training

/// The right to write into a run's folder, which one process at a time has until it ends.
struct RunLock {
  /// Nil where the file system has no locks.
  private let lock: FileLock?

  /// Throws where another process trains in the folder; `warn` is told where locks are not supported.
  init(_ folder: RunFolder, holder: String, warn: (FileWarning) -> Void) throws(FileError) {
    do throws(FileLock.Failure) {
      lock = try FileLock(folder: folder.path, holder: holder)
    } catch {
      switch error {
      case .held(let other):
        let name = other.isEmpty ? "another process" : "another process (\(other))"
        throw .invalid(
          folder.path,
          "\(name) is training in this folder already; wait for its end, or choose another folder with --set output=FOLDER"
        )
      case .unsupported(let reason):
        lock = nil
        warn(
          FileWarning(
            folder.path, "cannot be locked (\(reason)); take care that no second training writes into this folder"))
      case .file(let error): throw error
      }
    }
  }
}
