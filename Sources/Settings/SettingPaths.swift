import Files

/// Where the paths that settings hold lead to.
struct SettingPaths: Sendable {
  /// A path of a folder or file of its own, such as `data.root`.
  let own: @Sendable (String) -> String
  /// A path below `data.root`.
  let belowRoot: @Sendable (String) -> String

  /// As a settings file in `folder` means them; without a folder, as the command line does: relative to the current one.
  static func written(in folder: String?) -> SettingPaths {
    SettingPaths(
      own: { path in
        let path = Path.expandingHome(path)
        guard let folder, !path.hasPrefix("/") else { return path }
        return Path.simplified(Path.joined(folder, path))
      }, belowRoot: Path.expandingHome)
  }

  /// Absolute, so that they mean the same wherever they are read.
  static let absolute = SettingPaths(own: Path.absolute, belowRoot: { $0 })
}

extension SettingValue<String> {
  /// A path of its own.
  static func path(_ expectation: String) -> SettingValue { path(expectation) { $1.own($0) } }

  /// A path below `data.root`, or an absolute one.
  static func pathBelowRoot(_ expectation: String) -> SettingValue { path(expectation) { $1.belowRoot($0) } }

  private static func path(
    _ expectation: String, _ located: @escaping @Sendable (String, SettingPaths) -> String
  ) -> SettingValue {
    let text = SettingValue.text(expectation)
    return SettingValue(
      expectation: expectation, read: { node in text.read(node).flatMap { Path.isOfWindows($0) ? nil : $0 } },
      write: text.write, located: located,
      advice: { node in
        node.text.map(Path.isOfWindows) == true
          ? "; a path of Windows leads nowhere here: write it as this system has it, with / between folders" : nil
      })
  }
}
