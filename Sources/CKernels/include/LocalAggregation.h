// Local aggregation on the CPU, tile by tile.
//
// For sources a and targets b of a grid, positions p and scores s_ab = f_a . f_b:
//
//     out_b = sum_a e^s_ab g_ab v_a / (sum_a e^s_ab g_ab + 1e-7 sum_a e^s_ab),   g_ab = e^(-|p_a - p_b|^2 / 2 sigma^2)
//
// (Docs/Method.md, "Local aggregation"). Memory grows with the number of positions, not with the number of pairs.
#pragma once

#include <cstdint>

#include "Backend.h"

namespace blpseg {

/// The factor of the sum without distance weights in the denominator.
constexpr double outside_share = 1e-7;

/// Sizes of a batch. Features are `[images, depth, height * width]`, values `[images, channels, height * width]`.
struct AggregationShape {
  int64_t images, depth, channels, height, width;
  double sigma;
  int64_t positions() const { return height * width; }
};

/// Distance weights g `[height, 2 * width - 1]` by the difference of rows, 0 ..< height, and of columns, from 1 - width
/// on.
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
    const Backend &backend, const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature,
    const Real *value, Real *out, Real *peak, Real *denominator);

/// Fills the gradients of `aggregate` for the cotangent of `out`.
template <typename Real>
void aggregate_backward(
    const Backend &backend, const AggregationShape &shape, const DistanceTable<Real> &distances, const Real *feature,
    const Real *value, const Real *out, const Real *peak, const Real *denominator, const Real *cotangent,
    Real *feature_gradient, Real *value_gradient);

}  // namespace blpseg
