import Tensors
import TestSupport
import Testing

@Suite("Operators called by name")
struct OperatorTests {
  @Test("one that does not exist is reported with its name when it is called")
  func unknown() throws {
    let x = try Tensor.zeros([2, 3])
    let error = #expect(throws: TorchError.self) { try Operator("no_such_operator")(x) }
    #expect(error?.operation == "no_such_operator")
    #expect(error?.message.contains("aten::no_such_operator") == true, "\(String(describing: error))")
    let overload = #expect(throws: TorchError.self) { try Operator("add", "NoSuchOverload")(x, x) }
    #expect(overload?.operation == "add")
  }

  @Test("wrong channels are reported with the operation, the shapes and LibTorch's words")
  func wrongChannels() throws {
    let (x, weight) = (try Tensor.zeros([1, 2, 4, 4]), try Tensor.zeros([8, 3, 1, 1]))
    let error = #expect(throws: TorchError.self) {
      try x.convolved(weight, nil, stride: 1, padding: 0, groups: 1)
    }
    #expect(error?.operation == "conv2d")
    #expect(error?.shapes == [[1, 2, 4, 4], [8, 3, 1, 1]])
    #expect(error?.message.contains("channels") == true)
    #expect(error?.description.hasPrefix("conv2d on [1, 2, 4, 4], [8, 3, 1, 1]: ") == true)
  }

  @Test("an error carries no traces of C++")
  func noBacktrace() throws {
    let error = #expect(throws: TorchError.self) { try Tensor.zeros([2]).reshaped([3]) }
    #expect(error?.message.contains("frame #") == false, "\(String(describing: error))")
  }

  @Test("trailing arguments that are left out take the schema's defaults")
  func defaults() throws {
    let (a, b) = (try Tensor([Float(1), 2], [2]), try Tensor([Float(10), 20], [2]))
    #expect(try Operator("add", "Tensor")(a, b).floats() == [11, 22])
    #expect(try Operator("add", "Tensor")(a, b, 2).floats() == [21, 42])
    #expect(try Operator("hardtanh")(Tensor([Float(-3), 0.5, 3], [3])).floats() == [-1, 0.5, 1])
  }

  @Test("an argument without a default must be given, and there may not be too many")
  func argumentCount() throws {
    let x = try Tensor.zeros([2])
    let missing = #expect(throws: TorchError.self) { try Operator("add", "Tensor")(x) }
    #expect(missing?.message.contains("argument 'other' is missing") == true)
    let surplus = #expect(throws: TorchError.self) { try Operator("relu")(x, 1, 2) }
    #expect(surplus?.message.contains("3 arguments were given, it takes at most 1") == true)
  }

  @Test("several results come back as several tensors, and one is not taken for several")
  func results() throws {
    let x = try Tensor([Float(3), 1, 2], [3])
    let sorted = try Operator("sort").tensors(x, 0, false)
    #expect(try sorted.map { try $0.int64s() } == [[1, 2, 3], [1, 2, 0]])
    #expect(throws: TorchError.self) { try Operator("sort")(x, 0, false) }
  }

  @Test("a tensor needs as many elements as its shape says")
  func elementCount() throws {
    let error = #expect(throws: TorchError.self) { try Tensor([Float(1), 2, 3], [2, 2]) }
    #expect(error?.shapes == [[2, 2]])
    #expect(throws: TorchError.self) { try Tensor([Float(1)], [-1]) }
    #expect(try Tensor([Float](), [0, 3]).shape == [0, 3])
    #expect(throws: TorchError.self) { try Tensor.zeros([2]).item() }
  }
}
