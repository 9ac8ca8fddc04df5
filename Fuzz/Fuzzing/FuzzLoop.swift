import Foundation

/// Damaged files, one after another, given to a reader.
public struct FuzzLoop {
  public let target: FuzzTarget
  /// Where the file that is being read lies.
  public let path: String

  /// `folder` must exist; it is best one in memory.
  public init(_ target: FuzzTarget, in folder: String) {
    self.target = target
    path = "\(folder)/\(target.name).\(target.fileExtension)"
  }

  /// Reads the whole files, and then damaged ones until `isDone`, asked with their number, says so; returns their
  /// number.
  ///
  /// Throws at the first file that the reader does not hold against. The file stays at `path`.
  @discardableResult
  public func run(seed: UInt64, isDone: (_ count: Int) -> Bool) throws -> Int {
    let seeds = try target.seeds()
    for bytes in seeds { try target.check(bytes, at: path) }
    var mutator = Mutator(seeds, words: target.words, seed: seed)
    var count = 0
    while !isDone(count) {
      try target.check(mutator.next(), at: path)
      count += 1
    }
    unlink(path)
    return count
  }

  /// A folder of this process's own for the files, in memory where there is one.
  public static func folder() throws -> String {
    let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let path = "\(parent)/blpseg-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
