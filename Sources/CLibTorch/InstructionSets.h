// Functions that are compiled for several instruction sets.
#pragma once

/// Before a function that each version of its callers must hold for itself.
#define BLPSEG_INLINE inline __attribute__((always_inline))

namespace blpseg {

enum class InstructionSet { baseline, avx2, avx512 };

/// The widest that the processor has and LibTorch's own kernels use; what narrows those, narrows ours.
InstructionSet instruction_set();

template <auto function>
struct CompiledForEach;

/// The versions of a function declared `BLPSEG_INLINE`.
template <typename... Parameters, void (*function)(Parameters...)>
struct CompiledForEach<function> {
#if defined(__x86_64__)
  // Tuned for x86-64-v4 itself, vectors would be 256 bits wide: local aggregation takes a tenth longer then.
  __attribute__((target("arch=x86-64-v4,tune=x86-64"))) static void avx512(Parameters... parameters) {
    function(parameters...);
  }
  __attribute__((target("arch=x86-64-v3"))) static void avx2(Parameters... parameters) { function(parameters...); }
#endif
  static void baseline(Parameters... parameters) { function(parameters...); }

  /// Calls the version for `instruction_set()`.
  static void call(Parameters... parameters) {
    switch (instruction_set()) {
#if defined(__x86_64__)
      case InstructionSet::avx512: return avx512(parameters...);
      case InstructionSet::avx2: return avx2(parameters...);
#endif
      default: return baseline(parameters...);
    }
  }
};

/// A function declared `BLPSEG_INLINE` in the version for the instructions that LibTorch uses.
template <auto function>
constexpr auto in_widest_instructions = CompiledForEach<function>::call;

}  // namespace blpseg
