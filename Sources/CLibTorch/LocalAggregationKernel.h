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

/// Fills `out` (shaped as `value`) and, per target position, `peak` and `denominator`: out_b is
/// sum_a e^(s_ab - peak_b) g_ab v_a / denominator_b. Both are `[images, height * width]`.
template <typename Real>
void aggregate(
    const AggregationShape &shape, const Real *feature, const Real *value, Real *out, Real *peak, Real *denominator);

/// Fills the gradients of `aggregate` for the cotangent of `out`.
template <typename Real>
void aggregate_backward(
    const AggregationShape &shape, const Real *feature, const Real *value, const Real *out, const Real *peak,
    const Real *denominator, const Real *cotangent, Real *feature_gradient, Real *value_gradient);

}  // namespace blpseg
