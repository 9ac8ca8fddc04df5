import CLibTorch
import Tensors

/// The qualified names of all operators that `body` calls on this thread, also from within others: "aten::conv2d".
public func calledOperators(_ body: () throws -> Void) throws -> Set<String> {
  var names: UnsafeMutablePointer<CChar>?
  let failure = withoutActuallyEscaping(body) { body in
    var call = Call(body: body)
    let message = withUnsafeMutablePointer(to: &call) { pointer in
      torch_operators_called(
        { context in context?.assumingMemoryBound(to: Call.self).pointee.run() }, pointer, &names)
    }
    return (call.error, message)
  }
  defer {
    torch_text_release(names)
    torch_text_release(failure.1)
  }
  if let error = failure.0 { throw error }
  guard let names, failure.1 == nil else {
    throw TorchError(operation: "calledOperators", message: "no names came back")
  }
  return Set(String(cString: names).split(separator: "\n").map(String.init))
}

private struct Call {
  let body: () throws -> Void
  var error: (any Error)?

  mutating func run() {
    do { try body() } catch { self.error = error }
  }
}
