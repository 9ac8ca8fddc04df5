// The transforms of Winograd's algorithm, of one line and of tiles.
//
// Tiles of 4 x 4 outputs are computed from the 6 x 6 inputs under them (Lavin and Gray, CVPR 2016). A line of four
// outputs y = correlation(d, g) is a product of polynomials, taken at six points and interpolated:
//
//     y = A^T ((G g) * (B^T d)),   elementwise; in two dimensions along both.
//
// Summed over input channels, each of the 36 elementwise products is a product of matrices. The points are 0,
// +-1/sqrt 2, +-sqrt 2 and infinity: rounding errors are a quarter of those with the usual 0, +-1, +-2, since no
// intermediate value is large. The gradient of g uses the transposed matrices; that of d is a convolution with g
// rotated by 180 degrees.
#pragma once

#include <cstdint>
#include <cstring>

#include "InstructionSets.h"
#include "Winograd.h"

namespace blpseg {

constexpr int64_t step = 4, side = step + 2, frequencies = side * side;
/// SIMD width in channels.
constexpr int64_t lanes = convolution_lanes;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));

constexpr float near_point = 0.70710678f, far_point = 1.41421356f;

// Results are passed by reference: the calling convention of a function that returns vectors would depend on the
// instruction set.

BLPSEG_INLINE void load(const float *from, Lanes &value) { memcpy(&value, from, sizeof value); }

BLPSEG_INLINE void store(const Lanes &value, float *to) { memcpy(to, &value, sizeof value); }

// From lines of numbers with stride `in` to lines with stride `out`.

/// Values of a polynomial at +-1/sqrt 2 and +-sqrt 2, from its even and odd parts there.
BLPSEG_INLINE void store_pairs(
    const Lanes &even_near, const Lanes &odd_near, const Lanes &even_far, const Lanes &odd_far, Lanes *result,
    int64_t out) {
  result[out] = even_near + odd_near;
  result[2 * out] = even_near - odd_near;
  result[3 * out] = even_far + odd_far;
  result[4 * out] = even_far - odd_far;
}

/// B^T d: six to six.
struct ImageLine {
  static BLPSEG_INLINE void apply(const Lanes *d, int64_t in, Lanes *result, int64_t out) {
    Lanes d1 = d[in], d2 = d[2 * in], d3 = d[3 * in], d4 = d[4 * in];
    Lanes even_near = d4 - 2.0f * d2, odd_near = near_point * (d3 - 2.0f * d1);
    Lanes even_far = d4 - 0.5f * d2, odd_far = far_point * (d3 - 0.5f * d1);
    result[0] = d[0] - 2.5f * d2 + d4;
    store_pairs(even_near, odd_near, even_far, odd_far, result, out);
    result[5 * out] = d1 - 2.5f * d3 + d[5 * in];
  }
};

/// G g: three to six.
struct WeightLine {
  static BLPSEG_INLINE void apply(const Lanes *g, int64_t in, Lanes *result, int64_t out) {
    Lanes g0 = g[0], g1 = g[in], g2 = g[2 * in];
    Lanes even_near = (g0 + 0.5f * g2) * (-2.0f / 3), odd_near = g1 * (near_point * -2.0f / 3);
    Lanes even_far = (g0 + 2.0f * g2) * (1.0f / 6), odd_far = g1 * (far_point / 6);
    result[0] = g0;
    store_pairs(even_near, odd_near, even_far, odd_far, result, out);
    result[5 * out] = g2;
  }
};

/// A^T m: six to four.
struct ResultLine {
  static BLPSEG_INLINE void apply(const Lanes *m, int64_t in, Lanes *result, int64_t out) {
    Lanes near_sum = m[in] + m[2 * in], near_difference = near_point * (m[in] - m[2 * in]);
    Lanes far_sum = m[3 * in] + m[4 * in], far_difference = far_point * (m[3 * in] - m[4 * in]);
    result[0] = m[0] + near_sum + far_sum;
    result[out] = near_difference + far_difference;
    result[2 * out] = 0.5f * near_sum + 2.0f * far_sum;
    result[3 * out] = 0.5f * near_difference + 2.0f * far_difference + m[5 * in];
  }
};

/// A y, four to six: the transpose of `ResultLine`.
struct CotangentLine {
  static BLPSEG_INLINE void apply(const Lanes *y, int64_t in, Lanes *result, int64_t out) {
    Lanes y0 = y[0], y1 = y[in], y2 = y[2 * in], y3 = y[3 * in];
    Lanes even_near = y0 + 0.5f * y2, odd_near = near_point * (y1 + 0.5f * y3);
    Lanes even_far = y0 + 2.0f * y2, odd_far = far_point * (y1 + 2.0f * y3);
    result[0] = y0;
    store_pairs(even_near, odd_near, even_far, odd_far, result, out);
    result[5 * out] = y3;
  }
};

/// G^T u, six to three: the transpose of `WeightLine`.
struct WeightGradientLine {
  static BLPSEG_INLINE void apply(const Lanes *u, int64_t in, Lanes *result, int64_t out) {
    Lanes near_sum = u[in] + u[2 * in], near_difference = u[in] - u[2 * in];
    Lanes far_sum = u[3 * in] + u[4 * in], far_difference = u[3 * in] - u[4 * in];
    result[0] = u[0] - (2.0f / 3) * near_sum + (1.0f / 6) * far_sum;
    result[out] = (far_point / 6) * far_difference - (near_point * 2.0f / 3) * near_difference;
    result[2 * out] = (far_sum - near_sum) * (1.0f / 3) + u[5 * in];
  }
};

/// Applies a line's transform to the columns and then to the rows of `from * from` numbers.
template <typename Line, int64_t from, int64_t to>
BLPSEG_INLINE void transform(const Lanes *values, Lanes *result) {
  Lanes half[to * from];
  for (int64_t column = 0; column < from; column++) Line::apply(values + column, from, half + column, from);
  for (int64_t row = 0; row < to; row++) Line::apply(half + row * from, 1, result + row * to, 1);
}

}  // namespace blpseg
