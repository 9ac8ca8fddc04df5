import Foundation

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file in the same folder; `commit` flushes it to the disk and renames it over `path`.
/// A file that is not committed is removed, and what stood at `path` before stays as it was.
public final class OutputFile {
  public let path: String
  private let temporary: String
  private var descriptor: Int32

  /// Opens a temporary file beside `path`; folders on the way are made.
  public init(_ path: String) throws(FileError) {
    self.path = path
    let folder = (path as NSString).deletingLastPathComponent
    temporary = (folder as NSString).appendingPathComponent(
      ".\((path as NSString).lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).\(UInt32.random(in: .min ... .max)).partial"
    )
    descriptor = -1
    try OutputFile.makeFolder(folder.isEmpty ? "." : folder)
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw OutputFile.failure(path, errno) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      // A single write of more than 2 GiB is cut short by Linux.
      let written = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if written < 0 && errno == EINTR { continue }
      if written < 0 { throw OutputFile.failure(path, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  public func write(_ data: Data) throws(FileError) {
    let result: Result<Void, FileError> = data.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try write(bytes) }
    }
    try result.get()
  }

  /// Puts the finished file in place.
  public func commit() throws(FileError) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw OutputFile.failure(path, errno) }
    close(descriptor)
    descriptor = -1
    let folder = (path as NSString).deletingLastPathComponent
    let folderDescriptor = open(folder.isEmpty ? "." : folder, O_RDONLY)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Writes one file of these bytes.
  public static func write(_ data: Data, to path: String) throws(FileError) {
    let file = try OutputFile(path)
    try file.write(data)
    try file.commit()
  }

  /// Writes one file of this text in UTF-8.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(Data(text.utf8), to: path)
  }

  /// Makes a folder and those above it where they are missing.
  public static func makeFolder(_ path: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError(path, .inaccessible, "the folder cannot be made (\(InputFile.reason(of: error)))")
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> FileError {
    let advice = code == ENOSPC ? "; free some space and run again" : "; check the folder and its permissions"
    return FileError(path, .inaccessible, "cannot be written (\(String(cString: strerror(code))))\(advice)")
  }
}
