#include "LocalAggregationKernel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>

// The matrix products of the BLAS that LibTorch carries, in the Fortran interface that every BLAS has.
extern "C" {
void sgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
    const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void dgemm_(
    const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);
}

// The loops over pairs are compiled for several instruction sets; the loader picks one.
#if defined(__x86_64__) && defined(__linux__)
#define BLPSEG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BLPSEG_CLONES
#endif
#define BLPSEG_INLINE inline __attribute__((always_inline))

namespace blpseg {
namespace {

constexpr double outside_share = 1e-7;
/// Positions on each side of a tile: its scores, `tile * tile` numbers, stay in the second-level cache.
constexpr int64_t tile = 256;

/// e^x for x <= 88 within 2 ulp, without branches, so that loops over it vectorise; 0 below -87.
BLPSEG_INLINE float exponential(float x) {
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float clamped = x < -87.0f ? -87.0f : x;
  float n = (clamped * 1.44269504f + round) - round;
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  // Taylor terms up to r^7 / 7!; |r| <= ln 2 / 2.
  float y = 1.0f / 5040;
  y = y * r + 1.0f / 720;
  y = y * r + 1.0f / 120;
  y = y * r + 1.0f / 24;
  y = y * r + 1.0f / 6;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return x < -87.0f ? 0.0f : y * power;
}

BLPSEG_INLINE double exponential(double x) { return std::exp(x); }

/// Distance weights between one position and `count` positions from `first` on.
template <typename Real>
BLPSEG_INLINE void copy_weights(
    const DistanceTable<Real> &distances, int64_t position, int64_t first, int64_t count, Real *result) {
  const int64_t width = distances.width, row = position / width, column = position % width;
  for (int64_t at = first; at < first + count;) {
    int64_t other_row = at / width, other_column = at % width;
    int64_t run = std::min(width - other_column, first + count - at);
    memcpy(result + at - first, distances.from(other_row - row, other_column - column), run * sizeof(Real));
    at += run;
  }
}

// Matrices are column major: planar tensors `[depth, positions]` are `positions x depth` as they lie.

inline void gemm(
    char transb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
  const float one = 1;
  sgemm_("N", &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

inline void gemm(
    char transb, int m, int n, int k, const double *a, int lda, const double *b, int ldb, double beta, double *c,
    int ldc) {
  const double one = 1;
  dgemm_("N", &transb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}

/// c (m x n) = a (m x k) * b (n x k)^T
template <typename Real>
void times_transposed(
    int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb, Real *c, int64_t ldc) {
  gemm('T', m, n, k, a, lda, b, ldb, Real(0), c, ldc);
}

/// c (m x n) += a (m x k) * b (k x n)
template <typename Real>
void add_product(
    int64_t m, int64_t n, int64_t k, const Real *a, int64_t lda, const Real *b, int64_t ldb, Real *c, int64_t ldc) {
  gemm('N', m, n, k, a, lda, b, ldb, Real(1), c, ldc);
}

/// Running sums over the sources seen so far, per target of a tile.
template <typename Real>
struct TargetSums {
  explicit TargetSums(int64_t channels)
      : peak(tile), rescale(tile), near(tile), all(tile), weights(tile), numerator(tile * channels), scores(tile * tile) {}

  void reset() {
    std::fill(peak.begin(), peak.end(), -std::numeric_limits<Real>::infinity());
    std::fill(near.begin(), near.end(), Real(0));
    std::fill(all.begin(), all.end(), Real(0));
    std::fill(numerator.begin(), numerator.end(), Real(0));
  }

  std::vector<Real> peak, rescale, near, all, weights, numerator, scores;
};

/// Raises the peaks to the scores `[sources][targets]`, turns scores into weights and adds them to the sums.
template <typename Real>
BLPSEG_INLINE void weigh_sources_inline(
    TargetSums<Real> &sums, const DistanceTable<Real> &distances, int64_t first_source, int64_t sources,
    int64_t first_target, int64_t targets) {
  Real *peak = sums.peak.data(), *rescale = sums.rescale.data(), *near = sums.near.data(), *all = sums.all.data();
  Real *weights = sums.weights.data();
  for (int64_t b = 0; b < targets; b++) rescale[b] = peak[b];
  for (int64_t a = 0; a < sources; a++) {
    const Real *score = sums.scores.data() + a * tile;
    for (int64_t b = 0; b < targets; b++) peak[b] = std::max(peak[b], score[b]);
  }
  for (int64_t b = 0; b < targets; b++) {
    rescale[b] = exponential(rescale[b] - peak[b]);
    near[b] *= rescale[b];
    all[b] *= rescale[b];
  }
  for (int64_t a = 0; a < sources; a++) {
    Real *score = sums.scores.data() + a * tile;
    copy_weights(distances, first_source + a, first_target, targets, weights);
    for (int64_t b = 0; b < targets; b++) {
      Real e = exponential(score[b] - peak[b]);
      Real p = e * weights[b];
      all[b] += e;
      near[b] += p;
      score[b] = p;
    }
  }
}

BLPSEG_CLONES void weigh_sources(
    TargetSums<float> &sums, const DistanceTable<float> &distances, int64_t first_source, int64_t sources,
    int64_t first_target, int64_t targets) {
  weigh_sources_inline(sums, distances, first_source, sources, first_target, targets);
}

BLPSEG_CLONES void weigh_sources(
    TargetSums<double> &sums, const DistanceTable<double> &distances, int64_t first_source, int64_t sources,
    int64_t first_target, int64_t targets) {
  weigh_sources_inline(sums, distances, first_source, sources, first_target, targets);
}

/// Per target: what turns a score into a weight and a weight's gradient.
template <typename Real>
struct TargetTerms {
  const Real *peak, *inverse_denominator, *delta;
  TargetTerms at(int64_t position) const {
    return {peak + position, inverse_denominator + position, delta + position};
  }
};

/// Scratch of one tile of pairs in the backward pass, each `[others][own]`.
template <typename Real>
struct PairTile {
  PairTile() : weights(tile), scores(tile * tile), as_source(tile * tile), as_target(tile * tile) {}
  /// `scores` become d loss / d s_xy; `as_source` holds v_x . cotangent_y and becomes the weight of x in y;
  /// `as_target` holds cotangent_x . v_y.
  std::vector<Real> weights, scores, as_source, as_target;
};

/// For own positions x and others y: both directions of every pair at once, since s_xy = s_yx.
template <typename Real>
BLPSEG_INLINE void pair_gradients_inline(
    PairTile<Real> &pairs, const DistanceTable<Real> &distances, const TargetTerms<Real> &own,
    const TargetTerms<Real> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  Real *weights = pairs.weights.data();
  const Real *peak = own.peak, *inverse = own.inverse_denominator, *delta = own.delta;
  for (int64_t y = 0; y < other_count; y++) {
    Real *score = pairs.scores.data() + y * tile;
    Real *as_source = pairs.as_source.data() + y * tile;
    const Real *as_target = pairs.as_target.data() + y * tile;
    copy_weights(distances, first_other + y, first_own, own_count, weights);
    Real other_peak = other.peak[y], other_inverse = other.inverse_denominator[y], other_delta = other.delta[y];
    for (int64_t x = 0; x < own_count; x++) {
      Real g = weights[x];
      Real in_other = exponential(score[x] - other_peak) * other_inverse;
      Real in_own = exponential(score[x] - peak[x]) * inverse[x];
      score[x] = in_other * (g * (as_source[x] - other_delta) - Real(outside_share) * other_delta) +
          in_own * (g * (as_target[x] - delta[x]) - Real(outside_share) * delta[x]);
      as_source[x] = in_other * g;
    }
  }
}

BLPSEG_CLONES void pair_gradients(
    PairTile<float> &pairs, const DistanceTable<float> &distances, const TargetTerms<float> &own,
    const TargetTerms<float> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  pair_gradients_inline(pairs, distances, own, other, first_own, own_count, first_other, other_count);
}

BLPSEG_CLONES void pair_gradients(
    PairTile<double> &pairs, const DistanceTable<double> &distances, const TargetTerms<double> &own,
    const TargetTerms<double> &other, int64_t first_own, int64_t own_count, int64_t first_other, int64_t other_count) {
  pair_gradients_inline(pairs, distances, own, other, first_own, own_count, first_other, other_count);
}

/// Numbers below the normal range count as 0 while it lives: most weights of far pairs are such numbers, they add
/// nothing to the sums, and arithmetic on them is a hundred times slower.
class FlushingDenormals {
 public:
  // The setting is one of the thread; LibTorch leaves it off.
  FlushingDenormals() { at::globalContext().setFlushDenormal(true); }
  ~FlushingDenormals() { at::globalContext().setFlushDenormal(false); }
  FlushingDenormals(const FlushingDenormals &) = delete;
  FlushingDenormals &operator=(const FlushingDenormals &) = delete;
};

/// Calls `body(image, first, count)` for every tile of every image, on all threads.
template <typename Scratch, typename Body>
void for_each_tile(const AggregationShape &shape, Scratch make_scratch, Body body) {
  int64_t tiles = (shape.positions() + tile - 1) / tile;
  at::parallel_for(0, shape.images * tiles, 1, [&](int64_t begin, int64_t end) {
    FlushingDenormals flushing;
    auto scratch = make_scratch();
    for (int64_t i = begin; i < end; i++) {
      int64_t first = i % tiles * tile;
      body(scratch, i / tiles, first, std::min(tile, shape.positions() - first));
    }
  });
}

}  // namespace

template <typename Real>
void aggregate(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    Real *out, Real *peak, Real *denominator) {
  const int64_t positions = shape.positions(), channels = shape.channels;
  auto make_sums = [&] { return TargetSums<Real>(channels); };
  for_each_tile(shape, make_sums, [&](TargetSums<Real> &sums, int64_t image, int64_t first_target, int64_t targets) {
    const Real *f = feature + image * shape.depth * positions;
    const Real *v = value + image * channels * positions;
    sums.reset();
    for (int64_t first_source = 0; first_source < positions; first_source += tile) {
      int64_t sources = std::min(tile, positions - first_source);
      times_transposed(
          targets, sources, shape.depth, f + first_target, positions, f + first_source, positions, sums.scores.data(),
          tile);
      weigh_sources(sums, distances, first_source, sources, first_target, targets);
      for (int64_t c = 0; c < channels; c++)
        for (int64_t b = 0; b < targets; b++) sums.numerator[c * tile + b] *= sums.rescale[b];
      add_product(
          targets, channels, sources, sums.scores.data(), tile, v + first_source, positions, sums.numerator.data(),
          tile);
    }
    Real *result = out + image * channels * positions + first_target;
    for (int64_t b = 0; b < targets; b++) {
      Real sum = sums.near[b] + Real(outside_share) * sums.all[b];
      peak[image * positions + first_target + b] = sums.peak[b];
      denominator[image * positions + first_target + b] = sum;
      for (int64_t c = 0; c < channels; c++) result[c * positions + b] = sums.numerator[c * tile + b] / sum;
    }
  });
}

template <typename Real>
void aggregate_backward(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    const Real *out, const Real *peak, const Real *denominator, const Real *cotangent, Real *feature_gradient, Real *value_gradient) {
  const int64_t positions = shape.positions(), channels = shape.channels, depth = shape.depth;
  std::vector<Real> inverse(shape.images * positions), delta(shape.images * positions, Real(0));
  for (int64_t image = 0; image < shape.images; image++) {
    for (int64_t b = 0; b < positions; b++) inverse[image * positions + b] = 1 / denominator[image * positions + b];
    for (int64_t c = 0; c < channels; c++) {
      int64_t plane = (image * channels + c) * positions;
      for (int64_t b = 0; b < positions; b++) delta[image * positions + b] += cotangent[plane + b] * out[plane + b];
    }
  }
  std::fill(feature_gradient, feature_gradient + shape.images * depth * positions, Real(0));
  std::fill(value_gradient, value_gradient + shape.images * channels * positions, Real(0));

  auto make_pairs = [] { return PairTile<Real>(); };
  for_each_tile(shape, make_pairs, [&](PairTile<Real> &pairs, int64_t image, int64_t first_own, int64_t own) {
    const Real *f = feature + image * depth * positions;
    const Real *v = value + image * channels * positions;
    const Real *d = cotangent + image * channels * positions;
    TargetTerms<Real> terms =
        TargetTerms<Real>{peak, inverse.data(), delta.data()}.at(image * positions);
    for (int64_t first_other = 0; first_other < positions; first_other += tile) {
      int64_t others = std::min(tile, positions - first_other);
      auto products = [&](int64_t k, const Real *a, const Real *b, std::vector<Real> &result) {
        times_transposed(own, others, k, a + first_own, positions, b + first_other, positions, result.data(), tile);
      };
      products(depth, f, f, pairs.scores);
      products(channels, v, d, pairs.as_source);
      products(channels, d, v, pairs.as_target);
      pair_gradients(
          pairs, distances, terms.at(first_own), terms.at(first_other), first_own, own, first_other, others);
      add_product(
          own, depth, others, pairs.scores.data(), tile, f + first_other, positions,
          feature_gradient + image * depth * positions + first_own, positions);
      add_product(
          own, channels, others, pairs.as_source.data(), tile, d + first_other, positions,
          value_gradient + image * channels * positions + first_own, positions);
    }
  });
}

#define BLPSEG_INSTANTIATE(Real)                                                                                     \
  template void aggregate(                                                                                           \
      const AggregationShape &, const DistanceTable<Real> &, const Real *, const Real *, Real *, Real *, Real *);    \
  template void aggregate_backward(                                                                                  \
      const AggregationShape &, const DistanceTable<Real> &, const Real *, const Real *, const Real *, const Real *, \
      const Real *, const Real *, Real *, Real *);

BLPSEG_INSTANTIATE(float)
BLPSEG_INSTANTIATE(double)

}  // namespace blpseg
