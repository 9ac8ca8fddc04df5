import Foundation

/// A file that grows record by record; a record is in it when the call that appends it returns.
///
/// A record that cannot be written whole is removed again. Where the process is killed while it writes, the file ends
/// with a part of a record.
public final class RecordFile {
  public let path: String
  private let descriptor: Int32
  /// Number of bytes of complete records.
  private var size: off_t

  /// Opens the file to go on at its end, and makes it where it is missing; where `isNew`, an existing file is an error.
  public init(_ path: String, isNew: Bool = false) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (isNew ? O_EXCL : 0), 0o666)
    size = descriptor < 0 ? 0 : lseek(descriptor, 0, SEEK_END)
    if descriptor < 0 { throw .unwritable(path, errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  public func append(_ record: Data) throws(FileError) {
    if let code = record.withUnsafeBytes({ writeAll($0, to: descriptor) }) {
      // A part of a record in the middle of a file would hide all that follows.
      ftruncate(descriptor, size)
      throw .unwritable(path, code)
    }
    size += off_t(record.count)
  }
}

/// Writes all bytes, in a single call unless the system takes fewer; returns the error code where that fails.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
  var rest = bytes
  while !rest.isEmpty {
    // Linux truncates a single write of more than 2 GiB.
    let written = write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
    if written < 0 && errno == EINTR { continue }
    if written < 0 { return errno }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
  return nil
}

extension FileError {
  /// Why nothing could be written to `path`, by the system's error code.
  static func unwritable(_ path: String, _ code: Int32) -> FileError {
    let advice = code == ENOSPC ? "; free some space and run again" : "; check the folder and its permissions"
    return FileError(path, .inaccessible, "cannot be written (\(String(cString: strerror(code))))\(advice)")
  }
}
