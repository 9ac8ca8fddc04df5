import Foundation

/// Files that tests read, found by the path of this source file in the checkout.
public enum Fixture {
  /// The checkout's root folder.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// A file under Tests/Goldens.
  public static func golden(_ name: String) -> String { "\(root)/Tests/Goldens/\(name)" }

  /// A file of the demo data.
  public static func demo(_ name: String) -> String { "\(root)/Demo/\(name)" }
}
