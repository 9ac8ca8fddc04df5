// Local aggregation on the CPU, in tiles; see LocalAggregation.cpp for the formula.
#pragma once

#include <cstdint>

namespace blpseg {

/// Sizes of a batch. Features are `[images, depth, height * width]`, values `[images, channels, height * width]`.
struct AggregationShape {
  int64_t images, depth, channels, height, width;
  double sigma;
  int64_t positions() const { return height * width; }
};

/// Distance weights g `[height, 2 * width - 1]` by the difference of rows, 0 ..< height, and of columns, from 1 - width on.
template <typename Real>
struct DistanceTable {
  const Real *weights;
  int64_t width;

  /// Weights of a row difference (either sign) and the column differences d, d + 1, ...
  const Real *from(int64_t row, int64_t d) const {
    return weights + (row < 0 ? -row : row) * (2 * width - 1) + d + width - 1;
  }
};

/// Fills `out` (shaped as `value`) and, per target position, `peak` and `denominator`: out_b is
/// sum_a e^(s_ab - peak_b) g_ab v_a / denominator_b. Both are `[images, height * width]`.
template <typename Real>
void aggregate(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    Real *out, Real *peak, Real *denominator);

/// Fills the gradients of `aggregate` for the cotangent of `out`.
template <typename Real>
void aggregate_backward(
    const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature, const Real *value,
    const Real *out, const Real *peak, const Real *denominator, const Real *cotangent, Real *feature_gradient, Real *value_gradient);

}  // namespace blpseg
