// Convolutions by Winograd's algorithm: tiles to matrices, 36 products, matrices to tiles. WinogradTransforms.h has the
// algebra.
#include "Winograd.h"

#include <algorithm>

#include "Parallel.h"
#include "WinogradTransforms.h"

namespace blpseg {
namespace {

// Measured on two cores of an Intel Xeon (AVX-512, 2 MiB of second-level cache each), with the sizes of ResNets and the
// decoder: 64 to 512 channels on grids of 12 x 12 to 128 x 128 positions.

/// Bytes of a slot's matrices, and the largest number of its tiles: with more tiles the matrices exceed the caches,
/// with fewer the BLAS reads and packs the weights too often.
constexpr int64_t slot_bytes = 8 << 20, slot_tiles = 96;
/// Bytes of the matrices that all threads share for the gradient of the weights.
constexpr int64_t shared_bytes = 4 << 20;
/// Where there are fewer tiles than `least_tiles`, or than one per `weights_per_tile` pairs of channels, oneDNN is
/// faster: the weights' transform, which is done once for all tiles, takes too large a share of the time.
constexpr int64_t least_tiles = 24, weights_per_tile = 2700;

/// The tiles of a batch, row by row, image by image.
struct Tiling {
  explicit Tiling(const Convolution3x3 &shape)
      : height(shape.height),
        width(shape.width),
        rows((height + step - 1) / step),
        columns((width + step - 1) / step),
        count(shape.images * rows * columns) {}
  int64_t height, width, rows, columns, count;

  struct Origin {
    int64_t image, row, column;
  };
  /// The position of a tile's first output.
  Origin origin(int64_t tile) const {
    return {tile / (rows * columns), tile / columns % rows * step, tile % columns * step};
  }
};

/// Distance between the starts of 36 matrices of `size` numbers: not a power of two, with which all would map to the
/// same few sets of a cache.
constexpr int64_t distance_of(int64_t size) { return size + lanes; }

/// A tile's row of channels in each of the 36 matrices.
struct TileRows {
  float *first;
  int64_t channels, distance;

  float *at(int64_t frequency, int64_t channel) const { return first + frequency * distance + channel; }
};

/// Transforms the inputs of a tile, `extent` x `extent` numbers that begin `margin` before its outputs; inputs outside
/// the image are 0.
template <typename Line, int64_t extent, int64_t margin>
BLPSEG_INLINE void gather(const Tiling &tiling, int64_t tile, const float *image, const TileRows &rows) {
  const Tiling::Origin origin = tiling.origin(tile);
  const int64_t top = origin.row - margin, left = origin.column - margin;
  for (int64_t channel = 0; channel < rows.channels; channel += lanes) {
    Lanes values[extent * extent], result[frequencies];
    for (int64_t i = 0; i < extent; i++)
      for (int64_t j = 0; j < extent; j++) {
        const int64_t row = top + i, column = left + j;
        const bool inside = row >= 0 && row < tiling.height && column >= 0 && column < tiling.width;
        const int64_t pixel = (origin.image * tiling.height + row) * tiling.width + column;
        values[i * extent + j] = Lanes{};
        if (inside) load(image + pixel * rows.channels + channel, values[i * extent + j]);
      }
    transform<Line, extent, side>(values, result);
    for (int64_t f = 0; f < frequencies; f++) store(result[f], rows.at(f, channel));
  }
}

constexpr auto gather_image = for_instruction_set<gather<ImageLine, side, 1>>;
constexpr auto gather_cotangent = for_instruction_set<gather<CotangentLine, step, 0>>;

BLPSEG_INLINE void scatter_inline(
    const Tiling &tiling, int64_t tile, const TileRows &rows, const Finish &finish, float *out) {
  const Tiling::Origin origin = tiling.origin(tile);
  const int64_t height = std::min(step, tiling.height - origin.row),
                width = std::min(step, tiling.width - origin.column);
  for (int64_t channel = 0; channel < rows.channels; channel += lanes) {
    Lanes values[frequencies], result[step * step], bias{};
    for (int64_t f = 0; f < frequencies; f++) load(rows.at(f, channel), values[f]);
    transform<ResultLine, side, step>(values, result);
    if (finish.bias) load(finish.bias + channel, bias);
    for (int64_t i = 0; i < height; i++)
      for (int64_t j = 0; j < width; j++) {
        const int64_t pixel = (origin.image * tiling.height + origin.row + i) * tiling.width + origin.column + j;
        const int64_t at = pixel * rows.channels + channel;
        Lanes value = result[i * step + j] + bias, addend{};
        if (finish.addend) load(finish.addend + at, addend);
        value += addend;
        // Propagates NaN, as ATen's ReLU does.
        if (finish.rectified) value = value < Lanes{} ? Lanes{} : value;
        store(value, out + at);
      }
  }
}

/// Turns products into the outputs of a tile.
constexpr auto scatter = for_instruction_set<scatter_inline>;

BLPSEG_INLINE void transform_weights_inline(
    const float *weight, int64_t inputs, bool rotated, int64_t distance, float *result) {
  for (int64_t channel = 0; channel < inputs; channel += lanes) {
    Lanes values[9], transformed[frequencies];
    for (int64_t tap = 0; tap < 9; tap++) load(weight + (rotated ? 8 - tap : tap) * inputs + channel, values[tap]);
    transform<WeightLine, 3, side>(values, transformed);
    for (int64_t f = 0; f < frequencies; f++) store(transformed[f], result + f * distance + channel);
  }
}

/// Transforms the weights of one output, `[3][3][inputs]`, to 36 rows of `inputs`, each `distance` after the one
/// before; `rotated` turns the kernels by 180 degrees.
constexpr auto transform_weights = for_instruction_set<transform_weights_inline>;

BLPSEG_INLINE void gather_weight_gradient_inline(
    const float *gradients, int64_t inputs, int64_t distance, float *result) {
  for (int64_t channel = 0; channel < inputs; channel += lanes) {
    Lanes values[frequencies], gathered[9];
    for (int64_t f = 0; f < frequencies; f++) load(gradients + f * distance + channel, values[f]);
    transform<WeightGradientLine, side, 3>(values, gathered);
    for (int64_t tap = 0; tap < 9; tap++) store(gathered[tap], result + tap * inputs + channel);
  }
}

/// Turns 36 rows into the gradient of one output's weights.
constexpr auto gather_weight_gradient = for_instruction_set<gather_weight_gradient_inline>;

/// Uninitialised scratch from the backend's allocator.
class Scratch {
 public:
  Scratch(const Backend &backend, int64_t count)
      : backend_(backend), data_(static_cast<float *>(backend.allocate(count * sizeof(float)))) {}
  ~Scratch() { backend_.release(data_); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  float *data() const { return data_; }

 private:
  const Backend &backend_;
  float *data_;
};

/// Fills the 36 matrices `[outputs][inputs]` of the weights.
void transform_all_weights(
    const Backend &backend, const Convolution3x3 &shape, const float *weight, bool rotated, float *result) {
  const int64_t distance = distance_of(shape.outputs * shape.inputs);
  in_parallel(backend, shape.outputs, [&](int64_t output) {
    transform_weights(
        backend.instruction_set(), weight + output * 9 * shape.inputs, shape.inputs, rotated, distance,
        result + output * shape.inputs);
  });
}

/// Number of tiles whose matrices take `bytes`, at least 1 and at most `most`.
int64_t tiles_within(int64_t bytes, const Convolution3x3 &shape, int64_t most) {
  const int64_t fitting = bytes / (frequencies * (shape.inputs + shape.outputs) * int64_t(sizeof(float)));
  return std::max<int64_t>(1, std::min(fitting, most));
}

/// Convolves an image of inputs into one of outputs or, where `backward`, a cotangent of outputs into one of inputs.
void convolve_tiles(
    const Backend &backend, const Convolution3x3 &shape, bool backward, const float *image, const float *weight,
    const Finish &finish, float *out) {
  const InstructionSet set = backend.instruction_set();
  const int64_t sources = backward ? shape.outputs : shape.inputs, targets = backward ? shape.inputs : shape.outputs;
  const int64_t weight_distance = distance_of(sources * targets);
  const Scratch weights(backend, frequencies * weight_distance);
  transform_all_weights(backend, shape, weight, backward, weights.data());
  const Tiling tiling(shape);
  // Each slot has its own tiles: enough that the weights are seldom reloaded, and few enough that their matrices stay
  // in its caches. With too few tiles for that, all threads share the same ones.
  const int64_t slots = backend.thread_count(), many = tiles_within(slot_bytes, shape, slot_tiles);
  const bool apart = tiling.count >= many * slots;
  const int64_t capacity = apart ? many : tiling.count;
  const int64_t source_distance = distance_of(capacity * sources), target_distance = distance_of(capacity * targets);
  const int64_t size = frequencies * (source_distance + target_distance);
  const Scratch scratch(backend, (apart ? slots : 1) * size);
  auto convolve_some = [&](int64_t first, int64_t slot, auto each) {
    float *values = scratch.data() + slot * size, *products = values + frequencies * source_distance;
    const int64_t count = std::min(capacity, tiling.count - first);
    each(count, [&](int64_t, int64_t i) {
      gather_image(set, tiling, first + i, image, {values + i * sources, sources, source_distance});
    });
    each(frequencies, [&](int64_t, int64_t f) {
      backend.gemm(
          backward ? 'N' : 'T', 'N', targets, count, sources, weights.data() + f * weight_distance, shape.inputs,
          values + f * source_distance, sources, 0.0f, products + f * target_distance, targets);
    });
    each(count, [&](int64_t, int64_t i) {
      scatter(set, tiling, first + i, {products + i * targets, targets, target_distance}, finish, out);
    });
  };
  auto alone = [](int64_t count, auto body) {
    for (int64_t i = 0; i < count; i++) body(0, i);
  };
  auto together = [&](int64_t count, auto body) { take_turns(backend, count, body); };
  if (!apart) return convolve_some(0, 0, together);
  take_turns(backend, (tiling.count + capacity - 1) / capacity, [&](int64_t slot, int64_t index) {
    convolve_some(index * capacity, slot, alone);
  });
}

}  // namespace

bool is_worthwhile(const Convolution3x3 &shape) {
  auto fills_vectors = [](int64_t channels) { return channels >= 2 * lanes && channels % lanes == 0; };
  const int64_t tiles = Tiling(shape).count;
  return fills_vectors(shape.inputs) && fills_vectors(shape.outputs)
         && tiles >= std::max(least_tiles, shape.inputs * shape.outputs / weights_per_tile);
}

void convolve(
    const Backend &backend, const Convolution3x3 &shape, const float *image, const float *weight, const Finish &finish,
    float *out) {
  convolve_tiles(backend, shape, false, image, weight, finish, out);
}

void convolve_backward_image(
    const Backend &backend, const Convolution3x3 &shape, const float *cotangent, const float *weight, float *gradient) {
  convolve_tiles(backend, shape, true, cotangent, weight, Finish{}, gradient);
}

void convolve_backward_weight(
    const Backend &backend, const Convolution3x3 &shape, const float *image, const float *cotangent, float *gradient) {
  const InstructionSet set = backend.instruction_set();
  const int64_t inputs = shape.inputs, outputs = shape.outputs;
  const Tiling tiling(shape);
  if (tiling.count == 0) {
    std::fill(gradient, gradient + outputs * 9 * inputs, 0.0f);
    return;
  }
  // Enough tiles at a time that sums of products are seldom read and written, and few enough that their matrices stay
  // in the caches.
  const int64_t capacity = tiles_within(shared_bytes, shape, tiling.count);
  const int64_t input_distance = distance_of(capacity * inputs), output_distance = distance_of(capacity * outputs);
  const int64_t sum_distance = distance_of(outputs * inputs);
  const Scratch values(backend, frequencies * input_distance), cotangents(backend, frequencies * output_distance);
  const Scratch sums(backend, frequencies * sum_distance);
  for (int64_t first = 0; first < tiling.count; first += capacity) {
    const int64_t count = std::min(capacity, tiling.count - first);
    take_turns(backend, count, [&](int64_t, int64_t i) {
      gather_image(set, tiling, first + i, image, {values.data() + i * inputs, inputs, input_distance});
      gather_cotangent(set, tiling, first + i, cotangent, {cotangents.data() + i * outputs, outputs, output_distance});
    });
    take_turns(backend, frequencies, [&](int64_t, int64_t f) {
      backend.gemm(
          'N', 'T', inputs, outputs, count, values.data() + f * input_distance, inputs,
          cotangents.data() + f * output_distance, outputs, first > 0 ? 1.0f : 0.0f, sums.data() + f * sum_distance,
          inputs);
    });
  }
  in_parallel(backend, outputs, [&](int64_t output) {
    gather_weight_gradient(set, sums.data() + output * inputs, inputs, sum_distance, gradient + output * 9 * inputs);
  });
}

}  // namespace blpseg
