import Tensors
import TestSupport
import Testing

@Suite("Element types")
struct ElementTypeTests {
  @Test("small whole numbers survive every type and back", arguments: ElementType.allCases)
  func roundTrip(type: ElementType) throws {
    let values: [Double] = type == .bool ? [0, 1, 1, 0] : [0, 1, 7, 100]
    let tensor = try Tensor(values, [4]).to(type)
    #expect(tensor.type == type)
    #expect(try tensor.doubles() == values)
    #expect(try tensor.bytes().count == 4 * type.byteCount)
    #expect(try tensor.isFinite().all().item() == 1)
  }

  @Test("16-bit numbers have the bits of their formats")
  func bits() throws {
    let x = try Tensor([Float(1), -2.5], [2])
    #expect(try x.to(.float16).bytes() == [0x00, 0x3C, 0x00, 0xC1])
    #expect(try x.to(.bfloat16).bytes() == [0x80, 0x3F, 0x20, 0xC0])
  }

  @Test("whole numbers lose their fraction, float16 its range")
  func losses() throws {
    #expect(try Tensor([1.75, -1.75], [2]).to(.int64).int64s() == [1, -1])
    #expect(try Tensor([Float(70000)], [1]).to(.float16).floats() == [.infinity])
    #expect(try Tensor([Float(70000)], [1]).to(.bfloat16).floats() == [70144])
  }

  @Test("a tensor of the type asked for is the same tensor")
  func same() throws {
    let x = try Tensor.zeros([2])
    #expect(try x.to(.float32) === x)
    #expect(try x.to(.cpu) === x)
  }

  @Test("elements are read row by row, whatever their order in memory")
  func order() throws {
    let x = try Tensor([Float(1), 2, 3, 4, 5, 6], [2, 3])
    #expect(try x.permuted([1, 0]).floats() == [1, 4, 2, 5, 3, 6])
    #expect(try x.sliced(1, 1, 3).int64s() == [2, 3, 5, 6])
    #expect(try x.reshaped([1, 2, 3, 1]).contiguous(.channelsLast).floats() == [1, 2, 3, 4, 5, 6])
  }
}
