import Tensors
import TestSupport

extension Closeness {
  public init(_ found: Tensor, _ expected: [Float]) throws { self.init(try found.doubles(), expected.map(Double.init)) }

  public init(_ found: Tensor, _ expected: [Double]) throws { self.init(try found.doubles(), expected) }

  public init(_ found: Tensor, _ expected: Tensor) throws { self.init(try found.doubles(), try expected.doubles()) }
}
