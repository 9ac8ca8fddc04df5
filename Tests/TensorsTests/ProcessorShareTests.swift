import Tensors
import Testing

@Suite struct ProcessorShareTests {
  @Test(
    "threads are as many as wanted, as cores and as the control group grants, at least one",
    arguments: [
      (8, nil, 8, 8), (8, nil, 4, 4), (2, nil, 8, 2), (8, 1.5, 8, 2), (8, 0.1, 8, 1), (8, 100, 8, 8), (8, 3, 0, 1),
    ] as [(Int, Double?, Int, Int)])
  func threads(cores: Int, quota: Double?, wanted: Int, expected: Int) {
    #expect(ProcessorShare(cores: cores, quota: quota).threads(wanted) == expected)
  }

  @Test("this process may use a core") func current() { #expect(ProcessorShare.current.cores >= 1) }
}
