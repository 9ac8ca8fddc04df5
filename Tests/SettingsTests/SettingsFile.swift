import Files
import Foundation
import Settings
import TestSupport
import Testing

/// Loads settings from a file of this text, named `test.yaml`.
func load(_ yaml: String, _ overrides: [String] = []) throws -> ExperimentSettings {
  let folder = try TemporaryFolder()
  return try ExperimentSettings.load(try folder.write("test.yaml", yaml), overrides: overrides)
}

/// What the error of such a load says, from the file's name on.
func message(_ yaml: String, _ overrides: [String] = []) throws -> String {
  let folder = try TemporaryFolder()
  let path = try folder.write("test.yaml", yaml)
  let error = #expect(throws: SettingsError.self) { try ExperimentSettings.load(path, overrides: overrides) }
  return (error?.description ?? "").replacingOccurrences(of: "\(folder.path)/", with: "")
}
