// The instruction sets that kernels are compiled for.
#pragma once

namespace blpseg {

enum class InstructionSet { baseline, avx2, avx512 };

/// The widest instruction set up to `limit` that the processor has.
inline InstructionSet widest_supported([[maybe_unused]] InstructionSet limit) {
#if defined(__x86_64__)
  if (limit == InstructionSet::avx512 && __builtin_cpu_supports("x86-64-v4")) return InstructionSet::avx512;
  if (limit != InstructionSet::baseline && __builtin_cpu_supports("x86-64-v3")) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

}  // namespace blpseg
