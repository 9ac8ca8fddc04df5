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
}
