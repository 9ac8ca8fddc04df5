import Files
import Foundation

/// A reader of files that come from strangers, with whole files to begin with.
///
/// A reader holds when every file is either read or refused by an error that says so in a sentence; a crash, an endless
/// loop, unbounded memory and any other error are faults.
public struct FuzzTarget: Sendable {
  /// What the reader is called on the command line, and the name of its folder of cases.
  public let name: String
  /// What files of this kind are called, since some readers look at the extension.
  let fileExtension: String
  /// Texts that mean something in the format.
  let words: [[UInt8]]
  private let seedPaths: [String]
  private let seedTexts: [String]
  private let reader: @Sendable (String) throws -> Void
  /// Whether an error is one that the reader may throw.
  private let isRefusal: @Sendable (any Error) -> Bool

  /// `files` and `texts` are whole files of the kind; `reader` is given a path.
  public init(
    _ name: String, _ fileExtension: String, files: [String] = [], texts: [String] = [], words: [String] = [],
    refusing isRefusal: @escaping @Sendable (any Error) -> Bool = { $0 is FileError },
    _ reader: @escaping @Sendable (String) throws -> Void
  ) {
    self.name = name
    self.fileExtension = fileExtension
    self.words = words.map { Array($0.utf8) }
    (seedPaths, seedTexts) = (files, texts)
    self.isRefusal = isRefusal
    self.reader = reader
  }

  /// Whole files of this kind.
  public func seeds() throws -> [[UInt8]] {
    try seedPaths.map { Array(try InputFile.read($0)) } + seedTexts.map { Array($0.utf8) }
  }

  /// Gives the reader a file of these bytes, and throws what it throws.
  ///
  /// The bytes lie at `path` while they are read, so that they are still there after a crash.
  public func read(_ bytes: [UInt8], at path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FuzzFault(target: name, problem: "cannot write \(path)") }
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    guard written == bytes.count else { throw FuzzFault(target: name, problem: "cannot write all of \(path)") }
    try reader(path)
  }

  /// Gives the reader a file of these bytes; throws `FuzzFault` where it neither reads nor refuses it in a sentence.
  public func check(_ bytes: [UInt8], at path: String) throws {
    do {
      try read(bytes, at: path)
    } catch let fault as FuzzFault {
      throw fault
    } catch {
      let text = "\(error)"
      guard isRefusal(error) else {
        throw FuzzFault(target: name, problem: "threw \(type(of: error)), which is no refusal: \(text)")
      }
      guard text.count <= Self.longestMessage else {
        throw FuzzFault(target: name, problem: "refuses with a message of \(text.count) characters")
      }
    }
  }

  /// Longer messages are no sentence; a file must not be able to fill the screen.
  private static let longestMessage = 2000

  /// Files that a reader did not hold against once, each with its path.
  public func cases() throws -> [(path: String, bytes: [UInt8])] {
    let folder = Self.casesFolder(name)
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    return try InputFile.names(inFolder: folder).map { name in
      let path = Path.joined(folder, name)
      return (path, Array(try InputFile.read(path)))
    }
  }

  static let checkout = Path.folder(of: Path.folder(of: Path.folder(of: #filePath)))

  /// Where the cases of a reader are kept.
  public static func casesFolder(_ name: String) -> String { "\(checkout)/Fuzz/cases/\(name)" }
}

/// How a reader did not hold.
public struct FuzzFault: Error, Equatable, Sendable, CustomStringConvertible {
  public let target: String
  public let problem: String

  public init(target: String, problem: String) { (self.target, self.problem) = (target, problem) }

  public var description: String { "\(target): \(problem)." }
}
