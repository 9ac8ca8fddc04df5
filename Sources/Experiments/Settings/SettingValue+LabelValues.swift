import Datasets
import Yams

/// `{0: unlabelled, 1: cat}`: names of classes by the values of pixels.
let labelValues = SettingValue<LabelValues>(
  expectation: "names of classes, or \(LabelValues.unlabelled), by values from 0 to 255, as in {0: unlabelled, 1: cat}",
  read: { node in
    guard let mapping = node.mapping, !mapping.isEmpty else { return nil }
    var names: [UInt8: String] = [:]
    for (key, value) in mapping {
      guard let word = key.plainWord, let number = UInt8(word), let name = value.text, names[number] == nil else {
        return nil
      }
      names[number] = name
    }
    return LabelValues(names)
  },
  write: { values in
    let entries = values.names.sorted { $0.key < $1.key }.map { "\($0.key): \(quotedWhereNeeded($0.value))" }
    return "{\(entries.joined(separator: ", "))}"
  })
