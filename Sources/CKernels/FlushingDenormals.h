// Arithmetic without denormal numbers.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace blpseg {

/// Flushes denormal numbers to 0 on its thread while it exists; its destructor restores the previous mode.
///
/// Most weights of far pairs are such numbers. They add nothing to the sums, and arithmetic on them is a hundred times
/// slower.
class FlushingDenormals {
 public:
  FlushingDenormals() : before_(control()) { set_control(before_ | flushing); }
  ~FlushingDenormals() { set_control(before_); }
  FlushingDenormals(const FlushingDenormals &) = delete;
  FlushingDenormals &operator=(const FlushingDenormals &) = delete;

  /// Whether results of this thread are flushed.
  static bool is_on() { return flushing != 0 && (control() & flushing) == flushing; }

 private:
#if defined(__x86_64__)
  using Control = uint32_t;
  // Flush to zero, for results; denormals are zero, for operands.
  static constexpr Control flushing = 0x8000 | 0x0040;
  static Control control() { return _mm_getcsr(); }
  static void set_control(Control value) { _mm_setcsr(value); }
#elif defined(__aarch64__)
  using Control = uint64_t;
  static constexpr Control flushing = uint64_t(1) << 24;
  static Control control() {
    Control value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set_control(Control value) { asm volatile("msr fpcr, %0" : : "r"(value) : "memory"); }
#else
  using Control = uint32_t;
  static constexpr Control flushing = 0;
  static Control control() { return 0; }
  static void set_control(Control) {}
#endif

  const Control before_;
};

}  // namespace blpseg
