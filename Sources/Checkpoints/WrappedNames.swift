/// Names of tensors as wrappers around a network have made them.
enum WrappedNames {
  /// What DataParallel, torch.compile and Lightning put before every name.
  private static let wrappers = ["module.", "_orig_mod.", "model."]
  /// What a wrapper keeps for itself: the number of networks that an AveragedModel is the mean of.
  private static let ownNames: Set<String> = ["n_averaged"]
  /// torch.compile wraps parts of networks too.
  private static let innerWrapper = "._orig_mod."

  /// The names that the network itself gives its tensors, in the order of `names`; nil for what is a wrapper's own.
  ///
  /// A prefix goes where all names have it, as often as they do.
  static func unwrapped(_ names: [String]) -> [String?] {
    var result = names
    var isWrapped = false
    let inside = names.indices.filter { !ownNames.contains(names[$0]) }
    while !inside.isEmpty,
      let prefix = wrappers.first(where: { prefix in
        inside.allSatisfy { result[$0].hasPrefix(prefix) && result[$0] != prefix }
      })
    {
      for index in inside { result[index].removeFirst(prefix.count) }
      isWrapped = true
    }
    let plain = result.map {
      $0.split(separator: innerWrapper, omittingEmptySubsequences: false).joined(separator: ".")
    }
    if Set(plain).count == names.count { result = plain }
    return result.indices.map { isWrapped && ownNames.contains(names[$0]) ? nil : result[$0] }
  }
}
