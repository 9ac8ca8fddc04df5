// Matrix products of the BLAS that LibTorch carries, in the Fortran interface that every BLAS has.
#pragma once

#include <cstdint>

extern "C" {
void sgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
    const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void dgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);
}

namespace blpseg {

/// c (m x n) = a (m x k) * b (k x n) + beta * c; matrices are column major, and 'T' says that one lies transposed.
inline void gemm(
    char transa, char transb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta,
    float *c, int ldc) {
  const float one = 1;
  sgemm_(&transa, &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

inline void gemm(
    char transa, char transb, int m, int n, int k, const double *a, int lda, const double *b, int ldb, double beta,
    double *c, int ldc) {
  const double one = 1;
  dgemm_(&transa, &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

}  // namespace blpseg
