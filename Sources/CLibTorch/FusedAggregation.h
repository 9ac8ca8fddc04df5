// Local aggregation by two attentions of LibTorch, which never store a table of all pairs.
//
// For sources a and targets b with features f and centred positions p, three more dimensions hold the distances:
//
//     query_b = [f_b, p_b / sigma, 1],   key_a = [f_a, p_a / sigma, -|p_a|^2 / (2 sigma^2)]
//
// e^(query_b . key_a) is e^s_ab g_ab up to the factor e^(|p_b|^2 / (2 sigma^2)) of b alone. Attention A with its
// log-sum-exp l, less that exponent, and the log-sum-exp l0 of an attention without the three dimensions give
//
//     out_b = r_b A_b,   r_b = 1 / (1 + 1e-7 e^(l0_b - l_b)).
//
// With d the cotangent and c_b = d_b . out_b, the gradient of s_ab is r_b P_ab (d_b . v_a - c_b) - (1 - r_b) c_b P0_ab,
// where P and P0 are the two attentions' shares: both terms are what attention's own backward pass computes.
//
// Where training is in 16 bits anyway, or in TF32, features, shares and results are rounded to 16 bits, as autocast and TF32
// round the factors of other products; features under autocast come with no more. Positions keep the digits of float32.
#pragma once

#include <tuple>

#include <ATen/ATen.h>

#include "LocalAggregation.h"

namespace blpseg {

/// What features, values, shares and results are rounded to.
enum class Precision { full, bfloat16, float16 };

/// Whose kernels compute attention: LibTorch's own, or on CUDA and in 16 bits those of cuDNN.
enum class Source { libtorch, cudnn };

/// Whether exponents of this size keep their precision in the element type of `feature`, and its device has attention
/// for that type.
bool can_fuse(const AggregationShape &shape, const at::Tensor &feature);

/// Whether attention's kernels of 16 bits are wide enough, and there are some for the device.
bool can_round(const AggregationShape &shape, const at::Tensor &feature);

/// The result, and l and l0 `[images, positions]`.
template <Precision precision, Source source = Source::libtorch>
std::tuple<at::Tensor, at::Tensor, at::Tensor> fused(
    const AggregationShape &shape, const at::Tensor &feature, const at::Tensor &value);

/// The gradients of the feature and the value.
template <Precision precision, Source source = Source::libtorch>
std::tuple<at::Tensor, at::Tensor> fused_backward(
    const AggregationShape &shape, const at::Tensor &feature, const at::Tensor &value, const at::Tensor &out,
    const at::Tensor &log_sum, const at::Tensor &whole_log_sum, const at::Tensor &cotangent);

}  // namespace blpseg
