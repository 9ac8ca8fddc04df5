import Files
import Foundation
import Settings
import TestSupport
import Testing

/// Loads settings from a file of this text, named `test.yaml`, with the defaults of a recipe.
func load(
  _ yaml: String, _ overrides: [String] = [], recipe: Recipe = .published
) throws -> ExperimentSettings {
  let folder = try TemporaryFolder()
  return try ExperimentSettings.load(
    try folder.write("test.yaml", yaml), overrides: ["recipe=\(recipe.rawValue)"] + overrides)
}

/// What the error of such a load says, from the file's name on.
func message(_ yaml: String, _ overrides: [String] = []) throws -> String {
  let folder = try TemporaryFolder()
  let path = try folder.write("test.yaml", yaml)
  let error = #expect(throws: SettingsError.self) {
    try ExperimentSettings.load(path, overrides: ["recipe=published"] + overrides)
  }
  return (error?.description ?? "").replacingOccurrences(of: "\(folder.path)/", with: "")
}
