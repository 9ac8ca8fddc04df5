import Files
import Foundation
import Networks

/// Files of weights that `Scripts/setup` installs and `make dist` packs.
package enum InstalledWeights {
  /// The path of a backbone's weights from ImageNet: in the folder or checkout that the program belongs to, or in
  /// the checkout that the current folder belongs to, so that the program can be run from any folder.
  package static func imageNet(of backbone: BackboneDescription) throws(FileError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path
    return try imageNet(of: backbone, near: [program.map(Path.folder), "."].compactMap { $0 })
  }

  /// The same, looked for in these folders and all that they lie in.
  package static func imageNet(
    of backbone: BackboneDescription, near folders: [String]
  ) throws(FileError) -> String {
    guard let installed = backbone.pretrained.installed else {
      throw FileError(
        "model.backbone_weights", .invalid, "is imagenet, which Scripts/setup does not install for \(backbone.name)")
    }
    let folders = folders.map(Path.absolute)
    for start in folders {
      var folder = start
      while true {
        // `make dist` packs the file into share/, without its classifier.
        let candidates = [installed, "share/\(Path.stem(of: installed)).safetensors"].map { Path.joined(folder, $0) }
        if let found = candidates.first(where: FileManager.default.fileExists(atPath:)) { return found }
        if folder == "/" { break }
        folder = Path.folder(of: folder)
      }
    }
    throw FileError(
      "model.backbone_weights", .missing,
      "imagenet is \(installed), which is neither in nor above \(folders.joined(separator: " or ")); run "
        + "Scripts/setup in the checkout of this program, which installs it, or give the path of the file")
  }
}
