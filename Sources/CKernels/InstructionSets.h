// Functions that are compiled for several instruction sets.
#pragma once

#include "Backend.h"

/// For a function that is inlined into each version of its callers.
#define BLPSEG_INLINE inline __attribute__((always_inline))

namespace blpseg {

template <auto function>
struct CompiledForEach;

/// The versions of a function declared `BLPSEG_INLINE`.
template <typename... Parameters, void (*function)(Parameters...)>
struct CompiledForEach<function> {
#if defined(__x86_64__)
  // Tuning for x86-64-v4 itself would make vectors 256 bits wide, and local aggregation a tenth slower.
  __attribute__((target("arch=x86-64-v4,tune=x86-64"))) static void avx512(Parameters... parameters) {
    function(parameters...);
  }
  __attribute__((target("arch=x86-64-v3"))) static void avx2(Parameters... parameters) { function(parameters...); }
#endif
  static void baseline(Parameters... parameters) { function(parameters...); }

  /// Calls the version for `set`.
  static void call(InstructionSet set, Parameters... parameters) {
    switch (set) {
#if defined(__x86_64__)
      case InstructionSet::avx512: return avx512(parameters...);
      case InstructionSet::avx2: return avx2(parameters...);
#endif
      default: return baseline(parameters...);
    }
  }
};

/// A function declared `BLPSEG_INLINE`, with the instruction set as an argument before its own.
template <auto function>
constexpr auto for_instruction_set = CompiledForEach<function>::call;

}  // namespace blpseg
