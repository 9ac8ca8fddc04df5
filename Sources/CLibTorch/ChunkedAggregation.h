// Local aggregation in LibTorch's operators, in chunks of targets: for any device.
#pragma once

#include <tuple>

#include <ATen/ATen.h>

#include "LocalAggregation.h"

namespace blpseg {

/// Distance weights by the differences of rows and columns, `[height, 2 * width - 1]`: see DistanceTable.
///
/// Distances are taken, squared, divided and exponentiated in float32 whatever the element type, as in the published
/// program: its float64 losses are reproduced to 1e-10 only with the same rounding of weights. Roots and exponentials
/// are rounded to float32 from float64, since those of float32 differ in their last bits from one instruction set to
/// another.
at::Tensor distance_weights(const AggregationShape &shape, const at::TensorOptions &options);

/// The result, the peaks and the denominators, as those of `aggregate`.
std::tuple<at::Tensor, at::Tensor, at::Tensor> chunked(
    const AggregationShape &shape, const at::Tensor &feature, const at::Tensor &value);

/// The gradients of the feature and the value, as those of `aggregate_backward`.
std::tuple<at::Tensor, at::Tensor> chunked_backward(
    const AggregationShape &shape, const at::Tensor &feature, const at::Tensor &value, const at::Tensor &out,
    const at::Tensor &peak, const at::Tensor &denominator, const at::Tensor &cotangent);

}  // namespace blpseg
