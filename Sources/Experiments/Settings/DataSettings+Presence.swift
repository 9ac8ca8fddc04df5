import Files
import Foundation

extension DataSettings {
  /// Leaves validation out where its list, or the masks, are not there and only the defaults name them.
  mutating func dropAbsentValidation(isListNamed: Bool, areMasksNamed: Bool) {
    func isAbsent(_ name: String?) -> Bool { name.map { !FileManager.default.fileExists(atPath: path($0)) } ?? false }
    if !isListNamed && isAbsent(validationList) { validationList = nil }
    // Masks that a named list needs are looked for as named ones are.
    if !areMasksNamed && !isListNamed && isAbsent(masks) { masks = nil }
  }

  /// Why there is no validation, as half a sentence; nil where there is one.
  public var validationObstacle: String? {
    let standard = DataSettings()
    for (key, value, usual) in [
      ("validation_list", validationList, standard.validationList), ("masks", masks, standard.masks),
    ] where value == nil {
      let place = Path.absolute(path(usual ?? ""))
      return FileManager.default.fileExists(atPath: place) ? "data.\(key) is null" : "there is no \(place)"
    }
    return nil
  }

  /// What `body` returns; where it misses one of the data's files or folders, the error tells its absolute path and what
  /// was expected there.
  func explaining<Value>(_ body: () throws(FileError) -> Value) throws(FileError) -> Value {
    do throws(FileError) {
      return try body()
    } catch {
      guard error.reason == .missing, let (key, contents) = expected(at: error.path),
        !FileManager.default.fileExists(atPath: error.path)
      else { throw error }
      let place = Path.absolute(error.path)
      var problem = "\(error.problem); data.\(key) names it, for \(contents)"
      let folder = Path.absolute(root)
      if !FileManager.default.fileExists(atPath: folder) {
        problem +=
          "; data.root, \(folder), is not there: in a settings file it counts from the file's folder, with --set from the current one"
      }
      throw FileError(place, .missing, problem)
    }
  }

  private func expected(at place: String) -> (key: String, contents: String)? {
    var files: [(key: String, path: String, contents: String)] = [
      ("images", path(images), "the photographs, ID.jpg or ID.png"),
      ("scribbles", path(scribbles), "the scribbles, ID.png or ID.xml"),
      ("train_list", path(trainList), "the IDs of the training photographs, one a line without extension"),
    ]
    if let masks { files.append(("masks", path(masks), "the ground truth of validation, ID.png or ID.mat")) }
    if let validationList {
      files.append(
        ("validation_list", path(validationList), "the IDs of the validation photographs, one a line without extension")
      )
    }
    if case .file(let file) = classes {
      files.append(("classes", path(file), "the names of the classes, one a line, background first"))
    }
    return files.first { $0.path == place }.map { ($0.key, $0.contents) }
  }
}
