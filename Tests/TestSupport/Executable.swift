import Foundation

/// The built program, which lies beside the bundle of the tests.
public enum Executable {
  struct NotFound: Error, CustomStringConvertible {
    let description = "no executable blpseg lies beside the tests; build it with: swift build -c release"
  }

  public static func path() throws -> String {
    for argument in CommandLine.arguments where argument.contains("/") {
      var folder = URL(fileURLWithPath: argument)
      for _ in 0..<5 {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("blpseg").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
          return candidate
        }
      }
    }
    throw NotFound()
  }
}
