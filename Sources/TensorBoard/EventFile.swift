import Files
import Foundation
import Images
import SwiftProtobuf

/// A log for TensorBoard: scalars and images over the steps of a run, added to as the run goes on.
///
/// Every start of a run writes a file of its own, and `tensorboard --logdir` shows the files of one folder as one run.
/// A record is in the file when the call that adds it returns. Where the process is killed while it writes, the file
/// ends with a part of a record, which TensorBoard leaves out.
package final class EventFile {
  private let file: RecordFile

  package var path: String { file.path }

  /// Makes the file `events.out.tfevents.TIME.PROCESS` in `folder`, which is made where it is missing.
  ///
  /// Of what earlier starts wrote into the folder, TensorBoard drops the steps after `step`, which this start writes
  /// again: at once, or in its default fast mode each tag's as soon as the tag is added to. Earlier files stay as they
  /// are.
  package init(inFolder folder: String, keepingUpTo step: Int) throws(FileError) {
    try OutputFile.makeFolder(folder)
    file = try RecordFile("\(folder)/\(try EventFile.name(in: folder))", isNew: true)
    // From version 2 on, TensorBoard drops steps at a START, at every one but a folder's first.
    try add(.fileVersion("brain.Event:2"), step: 0)
    try add(.sessionLog(.with { $0.status = .start }), step: min(step, .max - 1) + 1)
  }

  /// Adds a point to the curve `tag`, in float32. Slashes in a tag make groups: "loss/scribble".
  package func add(scalar: Double, tag: String, step: Int) throws(FileError) {
    let value = ProtoSummary.Value.with {
      $0.tag = tag
      $0.simpleValue = Float(scalar)
    }
    try add(value, step: step)
  }

  /// Adds a picture to the series `tag`, as a PNG.
  package func add(image: Image, tag: String, step: Int) throws(FileError) {
    let png: Data
    do throws(ImageEncodingError) {
      png = try image.pngData()
    } catch {
      throw .invalid(path, "cannot hold the image \(tag) of step \(step) (\(error.problem))")
    }
    let value = ProtoSummary.Value.with {
      $0.tag = tag
      $0.image.width = Int32(clamping: image.width)
      $0.image.height = Int32(clamping: image.height)
      $0.image.colorspace = 3
      $0.image.encodedImageString = png
    }
    try add(value, step: step)
  }

  private func add(_ value: ProtoSummary.Value, step: Int) throws(FileError) {
    try add(.summary(.with { $0.value = [value] }), step: step)
  }

  private func add(_ content: ProtoEvent.OneOf_What, step: Int) throws(FileError) {
    let event = ProtoEvent.with {
      $0.wallTime = Date().timeIntervalSince1970
      $0.step = Int64(step)
      $0.what = content
    }
    let data: Data
    do {
      data = try event.serializedData()
    } catch {
      throw .invalid(path, "cannot hold the event of step \(step) (\(error))")
    }
    try file.append(TFRecord.framed(data))
  }

  private static let prefix = "events.out.tfevents."

  /// Names of the event files in a folder, in the order in which TensorBoard reads them.
  static func names(inFolder folder: String) throws(FileError) -> [String] {
    try InputFile.names(inFolder: folder).filter { $0.hasPrefix(prefix) }
  }

  /// A name that sorts after those of earlier starts, also of those in the same second: TensorBoard reads files by
  /// name.
  private static func name(in folder: String) throws(FileError) -> String {
    let latest = 9_999_999_999
    let times = try names(inFolder: folder)
      .compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }
      .filter { $0 < latest }
    let time = max(Int(Date().timeIntervalSince1970), (times.max() ?? 0) + 1)
    return prefix + String(format: "%010ld", time) + ".\(ProcessInfo.processInfo.processIdentifier)"
  }
}

extension EventFile {
  /// Whether the event files of `folder` hold a point of the curve `tag` at `step` that no later start has dropped.
  package static func hold(scalar tag: String, step: Int, inFolder folder: String) throws(FileError) -> Bool {
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

  /// Calls `body` with the file's events up to a part of one at its end, leaving out those that are longer than
  /// scalars.
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

/// The framing of records in TensorFlow's files (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format
/// details"): length, its checksum, the data and its checksum, all in little-endian order.
enum TFRecord {
  /// The bytes that hold `data` in a file.
  static func framed(_ data: Data) -> Data {
    let length = bytes(of: UInt64(data.count))
    return length + checksum(length) + data + checksum(data)
  }

  /// The format's checksum: CRC-32C, rotated and offset so that data may contain checksums themselves.
  private static func checksum(_ data: Data) -> Data {
    let sum = CRC32C.checksum(data)
    return bytes(of: (sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }

  private static func bytes(of number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}

/// The checksum CRC-32C, Castagnoli's polynomial with bits in reverse order (RFC 3720, section 12.1).
package enum CRC32C {
  /// The remainders of the 256 bytes.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1 }
  }

  package static func checksum(_ data: Data) -> UInt32 {
    // A picture has a million bytes, and a buffer is faster than an array.
    table.withUnsafeBufferPointer { table in
      data.withUnsafeBytes { bytes in
        ~bytes.reduce(~0) { rest, byte in table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8 }
      }
    }
  }
}
