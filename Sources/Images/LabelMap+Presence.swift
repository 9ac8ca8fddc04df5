extension LabelMap {
  /// For each of the 256 labels whether a pixel has it.
  public var isPresent: [Bool] {
    var isPresent = [Bool](repeating: false, count: Int(UInt8.max) + 1)
    isPresent.withUnsafeMutableBufferPointer { isPresent in
      for label in labels { isPresent[Int(label)] = true }
    }
    return isPresent
  }
}
