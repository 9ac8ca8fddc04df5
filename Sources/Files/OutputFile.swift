import Foundation

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file in the same folder; `commit` flushes it to the disk and renames it over `path`. A file
/// that is not committed is removed, and an earlier file at `path` stays unchanged.
package final class OutputFile {
  package let path: String
  private let temporary: String
  private var descriptor: Int32

  /// Opens a temporary file beside `path`; missing folders are made.
  package init(_ path: String) throws(FileError) {
    self.path = path
    let folder = Path.folder(of: path)
    let name = ".\(Path.name(of: path))."
    let process = ProcessInfo.processInfo.processIdentifier
    temporary = "\(folder)/\(name)\(process).\(UInt32.random(in: .min ... .max)).partial"
    descriptor = -1
    try OutputFile.makeFolder(folder)
    OutputFile.removeLeftovers(folder, prefix: name)
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw .unwritable(path, errno) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if let code = writeAll(bytes, to: descriptor) { throw .unwritable(path, code) }
  }

  package func write(_ data: Data) throws(FileError) {
    let result: Result<Void, FileError> = data.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try write(bytes) }
    }
    try result.get()
  }

  /// Replaces bytes that were written before, beginning with the one at `offset`.
  package func overwrite(_ data: Data, at offset: Int) throws(FileError) {
    let end = lseek(descriptor, 0, SEEK_CUR)
    guard end >= 0, lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw .unwritable(path, errno) }
    try write(data)
    guard lseek(descriptor, end, SEEK_SET) >= 0 else { throw .unwritable(path, errno) }
  }

  /// Renames the finished file to its path.
  package func commit() throws(FileError) {
    while fsync(descriptor) != 0 {
      if errno != EINTR { throw .unwritable(path, errno) }
    }
    guard rename(temporary, path) == 0 else { throw .unwritable(path, errno) }
    close(descriptor)
    descriptor = -1
    let folderDescriptor = open(Path.folder(of: path), O_RDONLY)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Writes one file of these bytes.
  package static func write(_ data: Data, to path: String) throws(FileError) {
    let file = try OutputFile(path)
    try file.write(data)
    try file.commit()
  }

  /// Writes one file of this text in UTF-8.
  package static func write(_ text: String, to path: String) throws(FileError) {
    try write(Data(text.utf8), to: path)
  }

  /// Makes a folder and those above it where they are missing.
  package static func makeFolder(_ path: String) throws(FileError) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue { return }
      throw .invalid(path, "is a file, a folder was expected; move it away or choose another folder")
    }
    let parent = Path.folder(of: path)
    if parent != path { try makeFolder(parent) }
    if mkdir(path, 0o777) != 0 && errno != EEXIST {
      throw FileError(path, .inaccessible, "the folder cannot be made (\(String(cString: strerror(errno))))")
    }
  }

  /// Removes temporary files for the same path that processes left behind when they ended.
  private static func removeLeftovers(_ folder: String, prefix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(prefix) && name.hasSuffix(".partial") {
      guard let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "." }) else { continue }
      if kill(process, 0) != 0 && errno == ESRCH { unlink("\(folder)/\(name)") }
    }
  }
}

/// A file that grows record by record; a record is in it when the call that appends it returns.
///
/// A record that cannot be written whole is removed again. Where the process is killed while it writes, the file ends
/// with a part of a record.
package final class RecordFile {
  package let path: String
  private let descriptor: Int32
  /// Number of bytes of complete records.
  private var size: off_t

  /// Opens the file to go on at its end, and makes it where it is missing; where `isNew`, an existing file is an error.
  package init(_ path: String, isNew: Bool = false) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (isNew ? O_EXCL : 0), 0o666)
    size = descriptor < 0 ? 0 : lseek(descriptor, 0, SEEK_END)
    if descriptor < 0 { throw .unwritable(path, errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  package func append(_ record: Data) throws(FileError) {
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
