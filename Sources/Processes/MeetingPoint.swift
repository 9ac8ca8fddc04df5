import CLibTorch
import Tensors

/// The key-value store at which cooperating processes meet (c10d's TCPStore).
///
/// Keys are kept apart by restart, so that what an earlier start left behind is not taken for today's. A connection
/// serves one thread at a time.
final class MeetingPoint: @unchecked Sendable {
  let handle: TorchStore
  private let prefix: String

  /// Connects, which waits up to `timeout` seconds for the meeting point to open; so does reading a key.
  init(_ place: ProcessPlace, opening: Bool, timeout: Double) throws(TorchError) {
    prefix = "blpseg/\(place.restarts)"
    var store = TorchStore(ref: nil)
    try LibTorch.check(
      torch_store_connect(place.host, place.port, opening, timeout, &store), "meeting of the processes")
    handle = store
  }

  deinit { torch_store_release(handle) }

  func key(_ name: String) -> String { "\(prefix)/\(name)" }

  func set(_ name: String, _ text: String) throws(TorchError) {
    let bytes = Array(text.utf8)
    try LibTorch.check(torch_store_set(handle, key(name), bytes, bytes.count), "store")
  }

  /// Waits for the key.
  func text(_ name: String) throws(TorchError) -> String {
    var bytes: UnsafeMutablePointer<CChar>?
    var count = 0
    try LibTorch.check(torch_store_get(handle, key(name), &bytes, &count), "store")
    defer { torch_text_release(bytes) }
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func has(_ name: String) throws(TorchError) -> Bool {
    var found = false
    try LibTorch.check(torch_store_has(handle, key(name), &found), "store")
    return found
  }

  /// Adds to the number under a key, which begins at 0, and returns the sum.
  @discardableResult
  func add(_ name: String, _ amount: Int) throws(TorchError) -> Int {
    var sum: Int64 = 0
    try LibTorch.check(torch_store_add(handle, key(name), Int64(amount), &sum), "store")
    return Int(sum)
  }
}
