import Foundation

/// A lock on a folder that one process at a time holds, by a hidden file in it.
///
/// The system releases the lock when the process ends, however that happens; a file left behind holds no lock.
/// Processes that the holder starts do not get the lock.
package final class FileLock {
  private static let name = ".lock"

  private let path: String
  private var descriptor: Int32
  /// Folders that were made for the lock, the innermost first.
  private let madeFolders: [String]

  /// Why there is no lock.
  package enum Failure: Error {
    /// Another process holds it, which describes itself by this text; empty where that could not be written.
    case held(by: String)
    /// The file system has no locks, for this reason.
    case unsupported(String)
    case file(FileError)
  }

  /// Locks the folder at `path`, which is made where it is missing; `holder` describes this process to others.
  package init(folder: String, holder: String) throws(Failure) {
    path = Path.joined(folder, Self.name)
    madeFolders = Self.missing(folder)
    descriptor = -1
    var attempts = 0
    repeat {
      attempts += 1
      do throws(FileError) {
        try OutputFile.makeFolder(folder)
      } catch {
        throw .file(error)
      }
      if descriptor >= 0 { close(descriptor) }
      descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      // The file of another user's process can be locked without being written.
      if descriptor < 0 && errno == EACCES { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
      // A holder that ends removes the folder that it made.
      if descriptor < 0 && errno == ENOENT && attempts < 100 { continue }
      if descriptor < 0 { throw .file(.unwritable(path, errno)) }
      let code = Self.lock(descriptor)
      if code == EWOULDBLOCK { throw .held(by: contents()) }
      if code != 0 { throw .unsupported(String(cString: strerror(code))) }
      // The previous holder may have removed its file between the two calls: then it holds no lock.
    } while !isInPlace
    ftruncate(descriptor, 0)
    _ = Array(holder.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
  }

  deinit {
    if descriptor >= 0 {
      if isInPlace { unlink(path) }
      close(descriptor)
      for folder in madeFolders where rmdir(folder) != 0 { break }
    }
  }

  private static func lock(_ descriptor: Int32) -> Int32 {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno != EINTR { return errno }
    }
    return 0
  }

  /// Whether the open file is the one that others find in the folder.
  private var isInPlace: Bool {
    var (own, found) = (stat(), stat())
    return descriptor >= 0 && fstat(descriptor, &own) == 0 && stat(path, &found) == 0
      && own.st_dev == found.st_dev && own.st_ino == found.st_ino
  }

  /// The holder's text.
  private func contents() -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    close(descriptor)
    descriptor = -1
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  /// The folder and those above it that are not there, the innermost first.
  private static func missing(_ folder: String) -> [String] {
    var (missing, folder) = ([String](), folder)
    while !FileManager.default.fileExists(atPath: folder), Path.folder(of: folder) != folder {
      missing.append(folder)
      folder = Path.folder(of: folder)
    }
    return missing
  }
}
