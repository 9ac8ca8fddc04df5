/// This program.
public enum Software {
  /// The version, as `--version` prints it, runs record it and `make dist` names its archive; CHANGELOG.md agrees.
  public static let version = "0.2.0"

  /// The Swift compiler that built it.
  static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }
}
