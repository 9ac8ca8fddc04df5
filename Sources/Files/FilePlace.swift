import Foundation

/// Where a path leads, by its bytes: the same for all paths to a file, whether it is there yet or not.
public struct FilePlace: Hashable, Sendable {
  private let bytes: [UInt8]

  public init(_ path: String) {
    let resolved =
      FilePlace.resolved(path)
      ?? FilePlace.resolved(Path.folder(of: path)).map { $0 + [UInt8(ascii: "/")] + Path.name(of: path).utf8 }
    bytes = resolved ?? Array(Path.absolute(path).utf8)
  }

  private static func resolved(_ path: String) -> [UInt8]? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
  }
}
