// Convolutions with 3x3 kernels on the CPU by Winograd's algorithm, with a quarter of the multiplications.
#pragma once

#include <cstdint>

#include "Backend.h"

namespace blpseg {

/// Numbers of channels are multiples of this.
constexpr int64_t convolution_lanes = 16;

/// A convolution with stride 1 and one zero on every side. Images are stored as `[images][height][width][channels]`,
/// weights as `[outputs][3][3][inputs]`.
struct Convolution3x3 {
  int64_t images, height, width, inputs, outputs;
};

/// Whether `convolve` takes a convolution of these sizes and is faster than oneDNN's convolution.
bool is_worthwhile(const Convolution3x3 &shape);

/// Operations on the sums: a bias per output, then an image as large as the result (either may be missing), then ReLU.
struct Finish {
  const float *bias = nullptr, *addend = nullptr;
  bool rectified = false;
};

/// Fills `out`; `finish.addend` must not overlap it.
void convolve(
    const Backend &backend, const Convolution3x3 &shape, const float *image, const float *weight, const Finish &finish,
    float *out);

/// Fills the gradient of the image for the cotangent of the result.
void convolve_backward_image(
    const Backend &backend, const Convolution3x3 &shape, const float *cotangent, const float *weight, float *gradient);

/// Fills the gradient of the weights for the cotangent of the result.
void convolve_backward_weight(
    const Backend &backend, const Convolution3x3 &shape, const float *image, const float *cotangent, float *gradient);

}  // namespace blpseg
