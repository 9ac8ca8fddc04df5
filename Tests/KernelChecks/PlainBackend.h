// Threads, memory and matrix products without a library.
#pragma once

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "Backend.h"

class PlainBackend final : public blpseg::Backend {
 public:
  PlainBackend(int64_t threads, blpseg::InstructionSet limit)
      : threads_(threads), set_(blpseg::widest_supported(limit)) {}

  blpseg::InstructionSet instruction_set() const override { return set_; }
  int64_t thread_count() const override { return threads_; }

  void run(int64_t count, void (*body)(const void *context, int64_t i), const void *context) const override {
    std::atomic<int64_t> next{0};
    std::vector<std::thread> team;
    for (int64_t thread = 0; thread < threads_ && thread < count; thread++)
      team.emplace_back([&] {
        for (int64_t i = next++; i < count; i = next++) body(context, i);
      });
    for (std::thread &thread : team) thread.join();
  }

  void *allocate(size_t bytes) const override { return aligned_alloc(64, (bytes + 63) / 64 * 64); }
  void release(void *memory) const noexcept override { free(memory); }

  void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
      int64_t ldb, float beta, float *c, int64_t ldc) const override {
    product(transa, transb, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }
  void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const double *a, int64_t lda, const double *b,
      int64_t ldb, double beta, double *c, int64_t ldc) const override {
    product(transa, transb, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }

 private:
  template <typename Real>
  static void product(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb,
      Real beta, Real *c, int64_t ldc) {
    for (int64_t j = 0; j < n; j++)
      for (int64_t i = 0; i < m; i++) {
        Real sum = 0;
        for (int64_t p = 0; p < k; p++)
          sum += (transa == 'T' ? a[i * lda + p] : a[p * lda + i]) * (transb == 'T' ? b[p * ldb + j] : b[j * ldb + p]);
        Real *result = c + j * ldc + i;
        *result = beta == 0 ? sum : beta * *result + sum;
      }
  }

  int64_t threads_;
  blpseg::InstructionSet set_;
};
