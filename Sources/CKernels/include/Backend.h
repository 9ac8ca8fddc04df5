// The services of the calling library that the kernels use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace blpseg {

/// The instruction sets that kernels are compiled for.
enum class InstructionSet { baseline, avx2, avx512 };

/// The widest instruction set up to `limit` that the processor has.
inline InstructionSet widest_supported([[maybe_unused]] InstructionSet limit) {
#if defined(__x86_64__)
  if (limit == InstructionSet::avx512 && __builtin_cpu_supports("x86-64-v4")) return InstructionSet::avx512;
  if (limit != InstructionSet::baseline && __builtin_cpu_supports("x86-64-v3")) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

/// Threads, scratch memory and matrix products. All functions may be called from several threads at once.
class Backend {
 public:
  virtual ~Backend() = default;

  /// The instruction set that kernels use; the processor must have it.
  virtual InstructionSet instruction_set() const = 0;

  /// The largest number of threads that `run` uses, at least 1.
  virtual int64_t thread_count() const = 0;

  /// Calls `body(context, i)` for each i below `count`, on up to `thread_count()` threads, and returns when all calls
  /// have.
  virtual void run(int64_t count, void (*body)(const void *context, int64_t i), const void *context) const = 0;

  /// Uninitialised memory, aligned to 64 bytes.
  virtual void *allocate(size_t bytes) const = 0;
  virtual void release(void *memory) const noexcept = 0;

  /// c (m x n) = op(a) (m x k) * op(b) (k x n) + beta * c. All matrices are column major; op transposes where `transa`
  /// or `transb` is 'T', and does nothing where it is 'N'. Where beta is 0, c is not read.
  virtual void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
      int64_t ldb, float beta, float *c, int64_t ldc) const = 0;
  virtual void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const double *a, int64_t lda, const double *b,
      int64_t ldb, double beta, double *c, int64_t ldc) const = 0;
};

/// `size` in the type of the arguments of a BLAS with 32-bit integers; throws `std::length_error` where it does not fit.
inline int blas_size(int64_t size) {
  constexpr int64_t largest = std::numeric_limits<int>::max();
  if (size < 0 || size > largest)
    throw std::length_error(
        "a matrix with a side of " + std::to_string(size) + " is too large: BLAS counts to " + std::to_string(largest));
  return static_cast<int>(size);
}

}  // namespace blpseg
