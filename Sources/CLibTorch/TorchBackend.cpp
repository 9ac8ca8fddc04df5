#include "TorchBackend.h"

#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/Version.h>
#include <c10/core/CPUAllocator.h>

// The BLAS inside LibTorch, in the Fortran interface that every BLAS has.
extern "C" {
void sgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
    const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void dgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);
}

namespace blpseg {
namespace {

template <auto blas, typename Real>
void product(
    char transa, char transb, int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb,
    Real beta, Real *c, int64_t ldc) {
  const int rows = blas_size(m), columns = blas_size(n), inner = blas_size(k);
  const int a_distance = blas_size(lda), b_distance = blas_size(ldb), c_distance = blas_size(ldc);
  const Real one = 1;
  blas(&transa, &transb, &rows, &columns, &inner, &one, a, &a_distance, b, &b_distance, &beta, c, &c_distance);
}

class TorchBackend final : public Backend {
 public:
  /// The widest that the processor has and LibTorch's own kernels use: settings that limit those also limit ours.
  InstructionSet instruction_set() const override { return instruction_set_; }

  int64_t thread_count() const override { return at::get_num_threads(); }

  /// `at::parallel_for` is a template that runs in one thread unless its caller is compiled for the OpenMP of
  /// LibTorch's own build. Iterators over tensors distribute their elements inside LibTorch, whatever its threads are.
  void run(int64_t count, void (*body)(const void *context, int64_t i), const void *context) const override {
    at::Tensor index = at::arange(count, at::kLong);
    auto iterator = at::TensorIterator::nullary_op(index);
    iterator.for_each(
        [&](char **data, const int64_t *strides, int64_t size) {
          for (int64_t i = 0; i < size; i++)
            body(context, *reinterpret_cast<const int64_t *>(data[0] + i * strides[0]));
        },
        1);
  }

  void *allocate(size_t bytes) const override { return c10::GetCPUAllocator()->raw_allocate(bytes); }
  void release(void *memory) const noexcept override { c10::GetCPUAllocator()->raw_deallocate(memory); }

  void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
      int64_t ldb, float beta, float *c, int64_t ldc) const override {
    product<sgemm_>(transa, transb, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }

  void gemm(
      char transa, char transb, int64_t m, int64_t n, int64_t k, const double *a, int64_t lda, const double *b,
      int64_t ldb, double beta, double *c, int64_t ldc) const override {
    product<dgemm_>(transa, transb, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }

 private:
  static InstructionSet widest() {
    const std::string used = at::get_cpu_capability();
    if (used == "AVX512") return widest_supported(InstructionSet::avx512);
    if (used == "AVX2") return widest_supported(InstructionSet::avx2);
    return InstructionSet::baseline;
  }

  const InstructionSet instruction_set_ = widest();
};

}  // namespace

const Backend &torch_backend() {
  static const TorchBackend backend;
  return backend;
}

}  // namespace blpseg
