import Foundation
import KernelChecks
import Testing

@Suite("Kernels without LibTorch")
struct KernelTests {
  struct Check: CustomStringConvertible {
    let index: Int
    var description: String { String(cString: kernel_check_name(index)) }

    /// What was found where the check does not hold.
    func failure() -> String? {
      guard let text = kernel_check_failure(index) else { return nil }
      defer { free(text) }
      return String(cString: text)
    }
  }

  @Test("hold what their checks say", arguments: (0..<kernel_check_count()).map { Check(index: Int($0)) })
  func check(check: Check) {
    let failure = check.failure()
    #expect(failure == nil, "\(check): \(failure ?? "")")
  }
}
