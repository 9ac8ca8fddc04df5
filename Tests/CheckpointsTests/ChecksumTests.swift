import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Checksums of safetensors files") struct ChecksumTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func state() throws -> StateDict {
    StateDict(
      [("first.weight", try Tensor([Float](repeating: 1.5, count: 12), [3, 4])), ("n", try Tensor([Int64(3)], []))],
      metadata: ["settings": "sigma: 6"])
  }

  private func problem(_ path: String) -> String {
    #expect(throws: FileError.self) { try Safetensors.read(path) }?.problem ?? ""
  }

  @Test("a flipped bit of any element, name, shape, type or metadata is found") func everyBit() throws {
    let path = folder("w.safetensors")
    try Safetensors.write(state(), to: path)
    let whole = Array(try InputFile.read(path))
    // Under another name the checksums are metadata like any other.
    let name = Array("blpseg_crc32".utf8)
    let key = try #require(whole.indices.first { whole[$0...].starts(with: name) })
    var unnoticed: [Int] = []
    for place in 8..<whole.count where !(key..<key + name.count).contains(place) {
      var bytes = whole
      bytes[place] ^= 1 << UInt8(place % 8)
      // Padding of the header, and space elsewhere in it, means nothing.
      if whole[place] == 0x20 && [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { continue }
      try put(bytes, path)
      if (try? Safetensors.read(path)) != nil { unnoticed.append(place) }
    }
    #expect(unnoticed.isEmpty)
  }

  @Test("the damaged tensor is named with the way out, and NaN in it is told") func naming() throws {
    let path = folder("w.safetensors")
    try Safetensors.write(state(), to: path)
    var bytes = Array(try InputFile.read(path))
    bytes[bytes.count - 3] ^= 4
    try put(bytes, path)
    let text = problem(path)
    #expect(
      text.hasPrefix("has tensor 'first.weight' damaged: its checksum does not match; copy or fetch it"), "\(text)")
    #expect(text.contains("must leave out blpseg_crc32"), "\(text)")
    // Exponents of ones.
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try put(bytes, path)
    #expect(problem(path).contains("numbers that are not finite"))
    let tolerant = try WeightsFile.read(path, toleratingDamage: true)
    #expect(tolerant.names == ["first.weight", "n"])
    #expect(tolerant.warnings.count == 1)
  }

  @Test("damaged metadata are found by whoever reads the header alone") func metadata() throws {
    let path = folder("w.safetensors")
    try Safetensors.write(state(), to: path)
    var bytes = Array(try InputFile.read(path))
    let word = Array("sigma: 6".utf8)
    let place = try #require(bytes.indices.dropLast(8).first { bytes[$0..<$0 + 8].elementsEqual(word) })
    bytes[place + 7] = UInt8(ascii: "7")
    try put(bytes, path)
    #expect(problem(path).hasPrefix("has its metadata damaged"))
    let error = #expect(throws: FileError.self) { try Safetensors.describe(path) }
    #expect(error?.problem.hasPrefix("has its metadata damaged") == true)
  }

  @Test("files without checksums are read, and the same tensors in another order keep theirs") func foreign() throws {
    let json = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   "#
    let path = try folder.write("foreign", PickleBuilder.bytes(UInt64(json.utf8.count)) + Array(json.utf8) + [7])
    #expect(try Safetensors.read(path)["a"]?.uint8s() == [7])

    // As a library that sorts names writes a file with the metadata that it has read.
    let metadata =
      #"{"__metadata__":{"blpseg_crc32":"{\"__metadata__\":\"00000000\",\"b\":\"\#(crc(7))\",\"a\":\"\#(crc(9))\"}"},"#
    for (first, second, isIntact) in [(7, 9, true), (9, 7, false)] as [(UInt8, UInt8, Bool)] {
      let json =
        metadata
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#
      let path = try folder.write(
        "sorted", PickleBuilder.bytes(UInt64(json.utf8.count)) + Array(json.utf8) + [first, second])
      #expect(((try? Safetensors.read(path)) != nil) == isIntact)
    }
  }

  /// Of "U8 1", a line feed and one byte, as Python's zlib.crc32 computes it.
  private func crc(_ byte: UInt8) -> String { byte == 7 ? "9dc09610" : "7a78bb17" }

  @Test("a file that is cut short while it is read is an error, not the end of the process")
  func shrinking() throws {
    let path = folder("large.safetensors")
    try Safetensors.write(
      StateDict(try (0..<64).map { ("\($0)", try Tensor.zeros([1 << 16])) }), to: path)
    let whole = Array(try InputFile.read(path))
    let isDone = Flag()
    let thread = Thread {
      while !isDone.isSet {
        truncate(path, off_t(whole.count / 3))
        try? put(whole, path)
      }
      isDone.set()
    }
    thread.start()
    var outcomes = 0
    for _ in 0..<60 {
      do {
        outcomes += try WeightsFile.read(path).count == 64 ? 1 : 0
      } catch is FileError {
        outcomes += 1
      }
    }
    isDone.set()
    #expect(outcomes == 60)
  }
}

/// Something that one thread tells another.
private final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false

  var isSet: Bool { lock.withLock { value } }
  func set() { lock.withLock { value = true } }
}
