import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  @Test("Every element type, empty tensors and scalars survive writing and reading")
  func roundTrip() throws {
    var stateDict = StateDict(metadata: ["step": "12", "note": "a \"quoted\" \\ line\nÜber 🐈"])
    for type in ElementType.allCases {
      let bytes = (0..<6 * type.byteCount).map { type == .bool ? UInt8($0 % 2) : UInt8($0 + 1) }
      stateDict["values.\(type)"] = try bytes.withUnsafeBytes { try Tensor(copying: $0, [2, 3], type) }
    }
    stateDict["empty"] = try Tensor([Float](), [2, 0, 3])
    stateDict["scalar \t\u{1}"] = try Tensor([Int64(-5)], [])
    let folder = try TemporaryFolder()
    let path = folder("all.safetensors")
    try Safetensors.write(stateDict, to: path)

    let read = try Safetensors.read(path)
    #expect(read.names == stateDict.names)
    #expect(read.metadata == stateDict.metadata)
    for (name, tensor) in stateDict {
      #expect(read[name]?.shape == tensor.shape)
      #expect(read[name]?.type == tensor.type)
      #expect(try read[name]?.bytes() == tensor.bytes(), "\(name)")
    }
    let description = try Safetensors.describe(path)
    #expect(
      description.tensors
        == stateDict.map { TensorDescription(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.type) })
    #expect(description.metadata == stateDict.metadata)
  }

  @Test("The file holds the bytes that the format prescribes, wide elements first and the header padded")
  func layout() throws {
    let stateDict = StateDict(
      [("b", try Tensor([UInt8(7)], [1])), ("a", try Tensor([Float(1), 2], [1, 2]))], metadata: ["y": "2", "x": "1"])
    let folder = try TemporaryFolder()
    let path = folder("layout.safetensors")
    try Safetensors.write(stateDict, to: path)
    // CRC-32 of "F32 1,2\n" and the elements of a, of "U8 1\n" and those of b, and of "x\n1\ny\n2\n".
    var json = #"{"__metadata__":{"blpseg_crc32":"#
    json += #""{\"__metadata__\":\"2d741104\",\"a\":\"047711f0\",\"b\":\"9dc09610\"}","#
    json += #""x":"1","y":"2"},"#
    json += #""b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"#
    json += #""a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#
    while json.utf8.count % 8 != 0 { json += " " }
    let expected =
      withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian, Array.init) + Array(json.utf8) + [
        0, 0, 0x80, 0x3F, 0, 0, 0, 0x40,
      ] + [7]
    #expect(Array(try InputFile.read(path)) == expected)
  }

  @Test("An empty state dict is a file of its own")
  func empty() throws {
    let folder = try TemporaryFolder()
    try Safetensors.write(StateDict(), to: folder("empty.safetensors"))
    #expect(try Safetensors.read(folder("empty.safetensors")).isEmpty)
  }

  @Test("A file of the Python package is read, and its header alone says the same")
  func python() throws {
    let path = Fixture.golden("efficientnet_lite0.safetensors")
    let stateDict = try Safetensors.read(path)
    let description = try Safetensors.describe(path)
    #expect(!stateDict.isEmpty)
    #expect(description.tensors.map(\.name) == stateDict.names)
    for tensor in description.tensors {
      #expect(stateDict[tensor.name]?.shape == tensor.shape)
      #expect(stateDict[tensor.name]?.type == tensor.type)
    }
  }

  @Test("Excluded tensors are left out")
  func excluding() throws {
    let one = try Tensor([Float(1)], [1])
    let folder = try TemporaryFolder()
    try Safetensors.write(StateDict([("keep", one), ("distance_prob", one)]), to: folder("two.safetensors"))
    #expect(try Safetensors.read(folder("two.safetensors"), excluding: { $0 == "distance_prob" }).names == ["keep"])
  }

  @Test("The format's own key is refused as a name, and nothing is left behind")
  func reservedName() throws {
    let folder = try TemporaryFolder()
    let stateDict = StateDict([("__metadata__", try Tensor([Float(1)], [1]))])
    #expect(throws: FileError.self) { try Safetensors.write(stateDict, to: folder("x.safetensors")) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(
    "A header that breaks the format is an error that says how",
    arguments: [
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "gives tensor 'a' 4 bytes"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, "at byte 4, expected at 0"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "tells of 8"),
      (#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, "cut short"),
      (
        #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}"#,
        "expected at 8"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}}"#,
        "twice"
      ),
      (#"{"a":{"dtype":"F8_E4M3","shape":[12],"data_offsets":[0,12]}}"#, "F8_E4M3"),
      (#"{"a":{"dtype":"U8","shape":[-12],"data_offsets":[0,12]}}"#, "whole number"),
      (#"{"a":{"dtype":"U8","shape":[012],"data_offsets":[0,12]}}"#, "whole number"),
      (#"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,12]}}"#, "whole number"),
      (#"{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, "gives tensor 'a' 0 bytes"),
      (#"{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}"#, "0 bytes"),
      (#"{"a":{"dtype":"U8","shape":[12],"data_offsets":[12,0]}}"#, "in order"),
      (#"{"a":{"dtype":"U8","shape":[12],"data_offsets":[0]}}"#, "two data_offsets"),
      (#"{"a":{"dtype":"U8","shape":[12]}}"#, "does not give tensor 'a'"),
      (#"{"a":{"dtype":"U8","dtype":"U8","shape":[12],"data_offsets":[0,12]}}"#, "each once"),
      (#"{"a":{"dtype":"U8","shape":[12],"data_offsets":[0,12],"more":1}}"#, "'more'"),
      (#"{"__metadata__":{"a":1}}"#, "JSON header"),
      (#"{"__metadata__":{"a":"1","a":"2"}}"#, "twice"),
      (#"{"a":{"dtype":"BOOL","shape":[12],"data_offsets":[0,12]}}"#, "truth values"),
      (#"{"a":"#, "JSON header"), (#"{"a\ud800":1}"#, "a character"), (#"{"\x":1}"#, "an escape"),
      (#" {}"#, "opening brace"), (#"{}x"#, "nothing more"), (#"[]"#, "opening brace"), ("", "opening brace"),
      (#"{"a":[[[[[[[["#, "'{'"),
    ])
  func hostileHeader(json: String, words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "bad.safetensors", [UInt8(json.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(json.utf8) + (0..<12).map { UInt8($0) })
    let error = #expect(throws: FileError.self) { try Safetensors.read(path) }
    #expect(error?.reason == .invalid)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("A header longer than the file or than the format allows is refused before it is read")
  func hostileLength() throws {
    let folder = try TemporaryFolder()
    let long = try folder.write("long", [200, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))
    #expect(#expect(throws: FileError.self) { try Safetensors.read(long) }?.problem.contains("cut short") == true)
    let huge = try folder.write("huge", [UInt8](repeating: 0xFF, count: 8) + Array("{}".utf8))
    #expect(throws: FileError.self) { try Safetensors.read(huge) }
    let limit = try folder.write("limit", [0, 0, 0, 0, 1, 0, 0, 0] + Array("{}".utf8))
    #expect(#expect(throws: FileError.self) { try Safetensors.read(limit) }?.problem.contains("at most") == true)
    let short = try folder.write("short", [1, 0, 0])
    #expect(throws: FileError.self) { try Safetensors.read(short) }
  }

  @Test("Every truncation is an error, and every flipped byte is an error or a result")
  func damage() throws {
    let stateDict = StateDict(
      [("first.weight", try Tensor([Float](repeating: 1.5, count: 12), [3, 4])), ("n", try Tensor([Int64(3)], []))],
      metadata: ["note": "\u{1}é"])
    let folder = try TemporaryFolder()
    let path = folder("damaged.safetensors")
    try Safetensors.write(stateDict, to: path)
    try expectRobust(path) { try Safetensors.read($0) }
  }
}
