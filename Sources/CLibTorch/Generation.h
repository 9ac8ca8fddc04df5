// What a CUDA device of its generation can do.
#pragma once

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

namespace blpseg {

/// Whether a CUDA device is one of Ampere (2020) or later: these multiply in bfloat16, and LibTorch has attention in 16 bits
/// for them alone.
inline bool has_sixteen_bits(at::Device device) {
  c10::DeviceGuard guard(device);
  // LibTorch asks for the same generation here, and its headers offer no question that is nearer.
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

}  // namespace blpseg
