import Files
import Foundation

extension EventFile {
  /// Whether the event files of `folder` hold a point of the curve `tag` at `step` that no later start has dropped.
  public static func hold(scalar tag: String, step: Int, inFolder folder: String) throws(FileError) -> Bool {
    var isHeld = false
    for name in try names(inFolder: folder) {
      try forEachSmallEvent(Path.joined(folder, name)) { event in
        switch event.what {
        case .summary(let summary) where event.step == Int64(step):
          if summary.value.contains(where: { $0.tag == tag }) { isHeld = true }
        case .sessionLog(let log) where log.status == .start && event.step <= Int64(step): isHeld = false
        default: break
        }
      }
    }
    return isHeld
  }

  /// Calls `body` with the file's events up to a part of one at its end, leaving out those that are longer than scalars.
  private static func forEachSmallEvent(_ path: String, _ body: (ProtoEvent) -> Void) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(path, .inaccessible, "cannot be read; check its permissions") }
    defer { close(descriptor) }
    /// The bytes from `offset` on, or nil where the file ends before.
    func bytes(_ count: Int, at offset: Int) -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: count)
      return pread(descriptor, &bytes, count, off_t(offset)) == count ? bytes : nil
    }
    var offset = 0
    // A record is the length of its data, a checksum of 4 bytes, the data and another checksum.
    while let head = bytes(12, at: offset) {
      let length = head.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length < 1 << 40 else { return }
      if length <= 1024, let data = bytes(Int(length), at: offset + 12),
        let event = try? ProtoEvent(serializedBytes: data)
      {
        body(event)
      }
      offset += 12 + Int(length) + 4
    }
  }
}
