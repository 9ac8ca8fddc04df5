import CLibTorch

/// Work of a CUDA device that is recorded once, as a CUDA graph, and then done again as a whole.
///
/// A program asks a device for one operator after the other, which takes longer than a fast device needs for many of them. A
/// graph is asked for once. It reads and writes the tensors of its recording: new inputs are copied into those that it read, and
/// its results are found in those that it made.
package final class DeviceGraph {
  private let handle: TorchGraph

  /// Whether this program can record on a device: on CUDA, where it was built with CUDA's headers.
  package static func isPossible(on device: Device) -> Bool {
    LibTorch.started
    return torch_graph_is_possible(device.description)
  }

  /// Records what `work` asks of the device, which does not do it yet. `work` may draw from the generators, also each time
  /// anew when it is done again, and must not wait for the device or read from the host's memory.
  ///
  /// Throws what `work` throws, and `TorchError` where it does what cannot be recorded.
  package init(on device: Device, drawingFrom generators: [Generator], _ work: () throws -> Void) throws {
    var result = TorchGraph(ref: nil)
    let (error, failure) = withoutActuallyEscaping(work) { work in
      var recording = Recording(work: work)
      let failure = withUnsafeMutablePointer(to: &recording) { context in
        torch_graph_record(
          device.description, generators.map(\.handle), generators.count,
          { context in context?.assumingMemoryBound(to: Recording.self).pointee.run() ?? false }, context, &result)
      }
      return (recording.error, failure)
    }
    if let error {
      torch_text_release(failure)
      throw error
    }
    try LibTorch.check(failure, "graph")
    handle = result
  }

  deinit { torch_graph_release(handle) }

  /// Does the work again.
  package func replay() throws(TorchError) { try LibTorch.check(torch_graph_replay(handle), "graph") }
}

private struct Recording {
  let work: () throws -> Void
  var error: (any Error)?

  init(work: @escaping () throws -> Void) { self.work = work }

  /// Whether the work was done.
  mutating func run() -> Bool {
    do {
      try work()
      return true
    } catch {
      self.error = error
      return false
    }
  }
}
