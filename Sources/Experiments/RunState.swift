import Files
import Foundation
import Training

/// What a run's folder is good for, by the files in it.
package enum RunState: Equatable {
  /// Nothing is in it that a new run would replace.
  case free
  /// It holds files of a run that ended before its first checkpoint, which a new run replaces.
  case begun
  /// It holds a run that can be continued.
  case continuable
  /// It holds weights that a new run would replace, and nothing to continue from.
  case incomplete

  package init(of folder: RunFolder) {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    self =
      if exists(folder.lastCheckpoint) {
        .continuable
      } else if exists(folder.bestCheckpoint) {
        .incomplete
      } else if [folder.metrics, folder.starts].contains(where: exists) {
        .begun
      } else {
        .free
      }
  }

  /// Throws unless a run can be continued, or else a new one be started, in `folder`: each state leads on in one way.
  package func require(resume: Bool, in folder: RunFolder) throws(FileError) {
    let (last, best) = (Path.name(of: folder.lastCheckpoint), Path.name(of: folder.bestCheckpoint))
    switch (self, resume) {
    case (.continuable, true), (.begun, false), (.free, false): break
    case (.continuable, false):
      throw .invalid(
        folder.path,
        "holds a run already (\(last)); continue it with --resume, or choose another folder with --set output=FOLDER")
    case (.begun, true):
      throw FileError(
        folder.path, .missing, "holds a run that ended before its first checkpoint; start it anew without --resume")
    case (.free, true):
      throw FileError(folder.path, .missing, "holds no run to continue; start one without --resume")
    case (.incomplete, _):
      throw .invalid(
        folder.path,
        "holds \(best), and no \(last) to continue from; move \(best) away and start anew without --resume, or choose "
          + "another folder with --set output=FOLDER")
    }
  }
}

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
        warn(Self.warning(folder, reason))
      case .file(let error): throw error
      }
    }
  }

  /// Nil where another process trains in the folder.
  init?(ifFree folder: RunFolder, holder: String, warn: (FileWarning) -> Void) throws(FileError) {
    do throws(FileLock.Failure) {
      lock = try FileLock(folder: folder.path, holder: holder)
    } catch {
      switch error {
      case .held: return nil
      case .unsupported(let reason):
        lock = nil
        warn(Self.warning(folder, reason))
      case .file(let error): throw error
      }
    }
  }

  private static func warning(_ folder: RunFolder, _ reason: String) -> FileWarning {
    FileWarning(folder.path, "cannot be locked (\(reason)); take care that no second training writes into this folder")
  }
}
