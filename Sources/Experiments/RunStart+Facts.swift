import Files
import Foundation
import Reports

extension RunStart {
  /// The starts of a run in their order; none where its file is missing or damaged, which is no reason to write no report.
  static func read(_ path: String) -> [RunStart] {
    guard let data = try? InputFile.read(path) else { return [] }
    return (try? JSONDecoder().decode([RunStart].self, from: data)) ?? []
  }

  /// When and how a page came about, for its head.
  var facts: [Report.KeyNumber] {
    let versions = ["blpseg", "libtorch", "swift"].compactMap { name in software[name].map { "\(name) \($0)" } }
    let several = processes > 1 ? ", \(processes) processes" : ""
    var facts: [Report.KeyNumber] = [
      .init("written", RunStart.minute(.now)), .init("version", versions.joined(separator: ", ")),
      .init("host", host), .init("device", "\(device)\(precision.map { ", \($0)" } ?? "")\(several)"),
      .init("seed", "\(seed)"),
    ]
    if let program = command.first {
      facts.append(.init("command", shellText([Path.name(of: program)] + command.dropFirst())))
    }
    return facts
  }

  /// A time in the machine's zone, such as "2026-11-26 10:13 UTC".
  private static func minute(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm zzz"
    return formatter.string(from: date)
  }
}

/// Words as a shell takes them.
package func shellText(_ words: [String]) -> String {
  words.map { word in
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-=,:+@%".unicodeScalars.contains($0)
      }
    return isPlain ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
  }.joined(separator: " ")
}
