import Foundation

/// Where a path leads: the same for all paths to a file.
struct FilePlace: Hashable {
  private let path: String

  init(_ path: String) { self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
}
