#include "WinogradKernel.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

#include "InstructionSets.h"
#include "MatrixProduct.h"
#include "Parallel.h"

// Tiles of 4 x 4 outputs are computed from the 6 x 6 inputs under them (Lavin and Gray, CVPR 2016). A line of four
// outputs y = correlation(d, g) is a product of polynomials, taken at six points and interpolated:
//
//     y = A^T ((G g) * (B^T d)),   elementwise; in two dimensions along both.
//
// Summed over input channels, each of the 36 elementwise products is a product of matrices. The points are 0, +-1/sqrt 2,
// +-sqrt 2 and infinity: rounding errors are a quarter of those with the usual 0, +-1, +-2, since no number grows large.
// Gradients go the way back: that of g through the transposed matrices, that of d as a convolution with g turned around.

namespace blpseg {
namespace {

constexpr int64_t step = 4, side = step + 2, frequencies = side * side;
/// Numbers of several channels, computed together.
constexpr int64_t lanes = convolution_lanes;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));

constexpr float near_point = 0.70710678f, far_point = 1.41421356f;

// Through references: what returns vectors would depend on the instruction set.

BLPSEG_INLINE void load(const float *from, Lanes &value) { memcpy(&value, from, sizeof value); }

BLPSEG_INLINE void store(const Lanes &value, float *to) { memcpy(to, &value, sizeof value); }

// Lines of numbers `in` apart, to lines `out` apart.

/// What a polynomial is at +-1/sqrt 2 and +-sqrt 2, from its even and odd parts there.
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

/// A y, four to six: the way back through `ResultLine`.
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

/// G^T u, six to three: the way back through `WeightLine`.
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

/// The tiles of a batch, row by row, image by image.
struct Tiling {
  explicit Tiling(const Convolution3x3 &shape)
      : height(shape.height), width(shape.width), rows((height + step - 1) / step), columns((width + step - 1) / step),
        count(shape.images * rows * columns) {}
  int64_t height, width, rows, columns, count;

  struct Place {
    int64_t image, row, column;
  };
  /// Where a tile's first output lies.
  Place place(int64_t tile) const {
    return {tile / (rows * columns), tile / columns % rows * step, tile % columns * step};
  }
};

/// How far apart 36 matrices of `size` numbers lie: not by a power of two, as which all would fall on the same few lines of a
/// cache.
constexpr int64_t distance_of(int64_t size) { return size + lanes; }

/// A tile's row of channels in each of the 36 matrices.
struct TileRows {
  float *first;
  int64_t channels, distance;

  float *at(int64_t frequency, int64_t channel) const { return first + frequency * distance + channel; }
};

/// Transforms the inputs of a tile, `extent` numbers on each side from `margin` before its outputs on; what lies outside the
/// image is 0.
template <typename Line, int64_t extent, int64_t margin>
BLPSEG_INLINE void gather(const Tiling &tiling, int64_t tile, const float *image, const TileRows &rows) {
  const Tiling::Place place = tiling.place(tile);
  const int64_t top = place.row - margin, left = place.column - margin;
  for (int64_t channel = 0; channel < rows.channels; channel += lanes) {
    Lanes values[extent * extent], result[frequencies];
    for (int64_t i = 0; i < extent; i++)
      for (int64_t j = 0; j < extent; j++) {
        const int64_t row = top + i, column = left + j;
        const bool inside = row >= 0 && row < tiling.height && column >= 0 && column < tiling.width;
        const int64_t pixel = (place.image * tiling.height + row) * tiling.width + column;
        values[i * extent + j] = Lanes{};
        if (inside) load(image + pixel * rows.channels + channel, values[i * extent + j]);
      }
    transform<Line, extent, side>(values, result);
    for (int64_t f = 0; f < frequencies; f++) store(result[f], rows.at(f, channel));
  }
}

constexpr auto gather_image = in_widest_instructions<gather<ImageLine, side, 1>>;
constexpr auto gather_cotangent = in_widest_instructions<gather<CotangentLine, step, 0>>;

BLPSEG_INLINE void scatter_inline(
    const Tiling &tiling, int64_t tile, const TileRows &rows, const Finish &finish, float *out) {
  const Tiling::Place place = tiling.place(tile);
  const int64_t height = std::min(step, tiling.height - place.row), width = std::min(step, tiling.width - place.column);
  for (int64_t channel = 0; channel < rows.channels; channel += lanes) {
    Lanes values[frequencies], result[step * step], bias{};
    for (int64_t f = 0; f < frequencies; f++) load(rows.at(f, channel), values[f]);
    transform<ResultLine, side, step>(values, result);
    if (finish.bias) load(finish.bias + channel, bias);
    for (int64_t i = 0; i < height; i++)
      for (int64_t j = 0; j < width; j++) {
        const int64_t pixel = (place.image * tiling.height + place.row + i) * tiling.width + place.column + j;
        const int64_t at = pixel * rows.channels + channel;
        Lanes value = result[i * step + j] + bias, addend{};
        if (finish.addend) load(finish.addend + at, addend);
        value += addend;
        // As LibTorch's ReLU does, this keeps what is not a number.
        if (finish.rectified) value = value < Lanes{} ? Lanes{} : value;
        store(value, out + at);
      }
  }
}

/// Turns products into the outputs of a tile.
constexpr auto scatter = in_widest_instructions<scatter_inline>;

BLPSEG_INLINE void transform_weights_inline(
    const float *weight, int64_t inputs, bool turned, int64_t distance, float *result) {
  for (int64_t channel = 0; channel < inputs; channel += lanes) {
    Lanes values[9], transformed[frequencies];
    for (int64_t tap = 0; tap < 9; tap++) load(weight + (turned ? 8 - tap : tap) * inputs + channel, values[tap]);
    transform<WeightLine, 3, side>(values, transformed);
    for (int64_t f = 0; f < frequencies; f++) store(transformed[f], result + f * distance + channel);
  }
}

/// Transforms the weights of one output, `[3][3][inputs]`, to 36 rows of `inputs`, each `distance` after the one before;
/// `turned` takes the kernels from their other end.
constexpr auto transform_weights = in_widest_instructions<transform_weights_inline>;

BLPSEG_INLINE void gather_weight_gradient_inline(
    const float *gradients, int64_t inputs, int64_t distance, float *result) {
  for (int64_t channel = 0; channel < inputs; channel += lanes) {
    Lanes values[frequencies], gathered[9];
    for (int64_t f = 0; f < frequencies; f++) load(gradients + f * distance + channel, values[f]);
    transform<WeightGradientLine, side, 3>(values, gathered);
    for (int64_t tap = 0; tap < 9; tap++) store(gathered[tap], result + tap * inputs + channel);
  }
}

/// The way back: from 36 rows to the gradient of one output's weights.
constexpr auto gather_weight_gradient = in_widest_instructions<gather_weight_gradient_inline>;

/// Memory that nothing was written to, from LibTorch's allocator, which has it at hand.
class Scratch {
 public:
  explicit Scratch(int64_t count) : tensor_(at::empty({count}, at::kFloat)) {}
  float *data() const { return tensor_.mutable_data_ptr<float>(); }

 private:
  at::Tensor tensor_;
};

/// The 36 matrices `[outputs][inputs]` of the weights.
Scratch transformed_weights(const Convolution3x3 &shape, const float *weight, bool turned) {
  const int64_t distance = distance_of(shape.outputs * shape.inputs);
  Scratch result(frequencies * distance);
  in_parallel(shape.outputs, [&](int64_t output) {
    transform_weights(
        weight + output * 9 * shape.inputs, shape.inputs, turned, distance, result.data() + output * shape.inputs);
  });
  return result;
}

/// How many tiles' matrices take so many bytes, but not more than `most`.
int64_t tiles_within(int64_t bytes, const Convolution3x3 &shape, int64_t most) {
  const int64_t fitting = bytes / (frequencies * (shape.inputs + shape.outputs) * int64_t(sizeof(float)));
  return std::max<int64_t>(1, std::min(fitting, most));
}

/// Convolves an image of inputs into one of outputs or, `back`, the other way round.
void convolve_tiles(
    const Convolution3x3 &shape, bool back, const float *image, const float *weight, const Finish &finish, float *out) {
  const int64_t sources = back ? shape.outputs : shape.inputs, targets = back ? shape.inputs : shape.outputs;
  const Scratch weights = transformed_weights(shape, weight, back);
  const Tiling tiling(shape);
  // Each thread has tiles of its own, so many that the weights are seldom read anew and so few that their matrices stay in its
  // caches. Where there are not enough for that, all threads work on the same ones.
  const int64_t threads = at::get_num_threads(), many = tiles_within(8 << 20, shape, 96);
  const bool apart = tiling.count >= many * threads;
  const int64_t capacity = apart ? many : tiling.count;
  const int64_t source_distance = distance_of(capacity * sources), target_distance = distance_of(capacity * targets);
  const int64_t size = frequencies * (source_distance + target_distance);
  const Scratch scratch((apart ? threads : 1) * size);
  auto convolve_some = [&](int64_t first, int64_t place, auto each) {
    float *values = scratch.data() + place * size, *products = values + frequencies * source_distance;
    const int64_t count = std::min(capacity, tiling.count - first);
    each(count, [&](int64_t, int64_t i) {
      gather_image(tiling, first + i, image, {values + i * sources, sources, source_distance});
    });
    each(frequencies, [&](int64_t, int64_t f) {
      gemm(
          back ? 'N' : 'T', 'N', targets, count, sources, weights.data() + f * distance_of(sources * targets),
          shape.inputs, values + f * source_distance, sources, 0, products + f * target_distance, targets);
    });
    each(count, [&](int64_t, int64_t i) {
      scatter(tiling, first + i, {products + i * targets, targets, target_distance}, finish, out);
    });
  };
  auto alone = [](int64_t count, auto body) {
    for (int64_t i = 0; i < count; i++) body(0, i);
  };
  auto together = [](int64_t count, auto body) { take_turns(count, body); };
  if (!apart) return convolve_some(0, 0, together);
  take_turns((tiling.count + capacity - 1) / capacity, [&](int64_t thread, int64_t index) {
    convolve_some(index * capacity, thread, alone);
  });
}

}  // namespace

void convolve(
    const Convolution3x3 &shape, const float *image, const float *weight, const Finish &finish, float *out) {
  convolve_tiles(shape, false, image, weight, finish, out);
}

void convolve_backward_image(
    const Convolution3x3 &shape, const float *cotangent, const float *weight, float *gradient) {
  convolve_tiles(shape, true, cotangent, weight, Finish{}, gradient);
}

void convolve_backward_weight(
    const Convolution3x3 &shape, const float *image, const float *cotangent, float *gradient) {
  const int64_t inputs = shape.inputs, outputs = shape.outputs;
  const Tiling tiling(shape);
  if (tiling.count == 0) {
    std::fill(gradient, gradient + outputs * 9 * inputs, 0.0f);
    return;
  }
  // So many tiles at a time that sums of products are seldom read and written, and their matrices stay in caches.
  const int64_t capacity = tiles_within(4 << 20, shape, tiling.count);
  const int64_t input_distance = distance_of(capacity * inputs), output_distance = distance_of(capacity * outputs);
  const int64_t sum_distance = distance_of(outputs * inputs);
  const Scratch values(frequencies * input_distance), cotangents(frequencies * output_distance);
  const Scratch sums(frequencies * sum_distance);
  for (int64_t first = 0; first < tiling.count; first += capacity) {
    const int64_t count = std::min(capacity, tiling.count - first);
    take_turns(count, [&](int64_t, int64_t i) {
      gather_image(tiling, first + i, image, {values.data() + i * inputs, inputs, input_distance});
      gather_cotangent(tiling, first + i, cotangent, {cotangents.data() + i * outputs, outputs, output_distance});
    });
    take_turns(frequencies, [&](int64_t, int64_t f) {
      gemm(
          'N', 'T', inputs, outputs, count, values.data() + f * input_distance, inputs,
          cotangents.data() + f * output_distance, outputs, first > 0, sums.data() + f * sum_distance, inputs);
    });
  }
  in_parallel(outputs, [&](int64_t output) {
    gather_weight_gradient(sums.data() + output * inputs, inputs, sum_distance, gradient + output * 9 * inputs);
  });
}

}  // namespace blpseg
