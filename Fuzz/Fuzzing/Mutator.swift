import Batches

/// Damages files as disks, downloads and attackers do, in an order that a seed decides.
public struct Mutator {
  /// Longer files are cut: a reader should be slow because of what a file says, not because it is long.
  static let longest = 1 << 16

  private let seeds: [[UInt8]]
  private let words: [[UInt8]]
  private var generator: RandomStream

  /// Files are made from `seeds`, which must not be empty; `words` are texts that mean something in the format.
  public init(_ seeds: [[UInt8]], words: [[UInt8]], seed: UInt64) {
    precondition(!seeds.isEmpty, "a mutation begins with a file")
    self.seeds = seeds
    self.words = words
    generator = RandomStream(seed: seed, epoch: 0, index: 0)
  }

  /// The next damaged file.
  public mutating func next() -> [UInt8] {
    var bytes = seeds[below(seeds.count)]
    for _ in 0...below(4) { mutate(&bytes) }
    return Array(bytes.prefix(Self.longest))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = [UInt8(below(256))]
      return
    }
    switch below(10) {
    case 0: bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
    case 1: bytes[below(bytes.count)] = Self.extremes[below(Self.extremes.count)]
    case 2: overwriteNumber(&bytes)
    case 3: bytes.removeLast(below(bytes.count))
    case 4: bytes.removeSubrange(piece(of: bytes))
    case 5: bytes.insert(contentsOf: bytes[piece(of: bytes)], at: below(bytes.count + 1))
    case 6: repeatPiece(&bytes)
    case 7: bytes.replaceSubrange(piece(of: bytes), with: otherPiece())
    default:
      guard !words.isEmpty else { return bytes[below(bytes.count)] = UInt8(below(256)) }
      let word = words[below(words.count)]
      let place = below(bytes.count)
      // Inserted, or laid over what stands there.
      let end = below(2) == 0 ? place : min(bytes.count, place + word.count)
      bytes.replaceSubrange(place..<end, with: word)
    }
  }

  private static let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(ascii: "-"), UInt8(ascii: "0")]

  /// Sizes and offsets at the ends of their ranges reach limits that random bytes seldom do.
  private mutating func overwriteNumber(_ bytes: inout [UInt8]) {
    let numbers: [UInt64] = [0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 62, .max]
    let width = [2, 4, 8][below(3)]
    let number = numbers[below(numbers.count)]
    let isBigEndian = below(2) == 0
    let place = below(bytes.count)
    for i in 0..<min(width, bytes.count - place) {
      let shift = 8 * UInt64(isBigEndian ? width - 1 - i : i)
      bytes[place + i] = UInt8(truncatingIfNeeded: number >> shift)
    }
  }

  /// Many times the same: depth, length, number of entries.
  private mutating func repeatPiece(_ bytes: inout [UInt8]) {
    let piece = Array(bytes[piece(of: bytes)].prefix(64))
    let count = 1 << below(11)
    bytes.insert(contentsOf: Array(repeating: piece, count: count).joined(), at: below(bytes.count + 1))
  }

  private mutating func otherPiece() -> ArraySlice<UInt8> {
    let other = seeds[below(seeds.count)]
    return other.isEmpty ? [] : other[piece(of: other)]
  }

  private mutating func piece(of bytes: [UInt8]) -> Range<Int> {
    let start = below(bytes.count)
    return start..<min(bytes.count, start + 1 + below(1 << below(10)))
  }

  private mutating func below(_ bound: Int) -> Int { generator.integer(below: max(1, bound)) }
}
