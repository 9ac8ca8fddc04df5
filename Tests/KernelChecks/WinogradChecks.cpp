// Convolutions by Winograd's algorithm against direct ones in float64.
#include "Check.h"
#include "PlainBackend.h"
#include "Winograd.h"

namespace {

using blpseg::Convolution3x3;

struct Numbers {
  std::vector<float> image, weight, cotangent, bias, addend;

  explicit Numbers(const Convolution3x3 &s) {
    const int64_t pixels = s.images * s.height * s.width;
    image = normal<float>(pixels * s.inputs, 1);
    weight = normal<float>(s.outputs * 9 * s.inputs, 2);
    cotangent = normal<float>(pixels * s.outputs, 3);
    bias = normal<float>(s.outputs, 4, 8);
    addend = normal<float>(pixels * s.outputs, 5, 8);
  }
};

/// The convolution and both gradients.
template <typename Real>
struct Results {
  std::vector<Real> out, image_gradient, weight_gradient;
};

Results<double> directly(const Convolution3x3 &s, const Numbers &numbers) {
  Results<double> results;
  results.out.assign(numbers.cotangent.size(), 0);
  results.image_gradient.assign(numbers.image.size(), 0);
  results.weight_gradient.assign(numbers.weight.size(), 0);
  auto at = [&](int64_t image, int64_t row, int64_t column) { return (image * s.height + row) * s.width + column; };
  for (int64_t image = 0; image < s.images; image++)
    for (int64_t row = 0; row < s.height; row++)
      for (int64_t column = 0; column < s.width; column++)
        for (int64_t tap = 0; tap < 9; tap++) {
          const int64_t y = row + tap / 3 - 1, x = column + tap % 3 - 1;
          if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
          const int64_t from = at(image, y, x) * s.inputs, to = at(image, row, column) * s.outputs;
          for (int64_t output = 0; output < s.outputs; output++)
            for (int64_t input = 0; input < s.inputs; input++) {
              const int64_t w = (output * 9 + tap) * s.inputs + input;
              results.out[to + output] += double(numbers.image[from + input]) * numbers.weight[w];
              results.image_gradient[from + input] += double(numbers.cotangent[to + output]) * numbers.weight[w];
              results.weight_gradient[w] += double(numbers.cotangent[to + output]) * numbers.image[from + input];
            }
        }
  return results;
}

Results<float> by_kernel(
    const blpseg::Backend &backend, const Convolution3x3 &s, const Numbers &numbers,
    const blpseg::Finish &finish = {}) {
  Results<float> results;
  results.out.resize(numbers.cotangent.size());
  results.image_gradient.resize(numbers.image.size());
  results.weight_gradient.resize(numbers.weight.size());
  blpseg::convolve(backend, s, numbers.image.data(), numbers.weight.data(), finish, results.out.data());
  blpseg::convolve_backward_image(
      backend, s, numbers.cotangent.data(), numbers.weight.data(), results.image_gradient.data());
  blpseg::convolve_backward_weight(
      backend, s, numbers.image.data(), numbers.cotangent.data(), results.weight_gradient.data());
  return results;
}

void compare(const Convolution3x3 &s, int64_t threads, blpseg::InstructionSet set) {
  const Numbers numbers(s);
  const Results<double> expected = directly(s, numbers);
  const Results<float> found = by_kernel(PlainBackend(threads, set), s, numbers);
  const std::string sizes = std::to_string(s.height) + " x " + std::to_string(s.width) + ", ";
  require_close(found.out, expected.out, 1e-5, sizes + "result");
  require_close(found.image_gradient, expected.image_gradient, 1e-5, sizes + "image's gradient");
  require_close(found.weight_gradient, expected.weight_gradient, 1e-5, sizes + "weight's gradient");
}

void remainders() {
  for (int64_t height = 1; height <= 9; height++)
    for (int64_t width = 1; width <= 9; width++) compare({1, height, width, 16, 16}, 2, blpseg::InstructionSet::avx512);
}

/// Batches, more channels, and more tiles than a slot takes at a time.
void large() {
  for (blpseg::InstructionSet set : all_instruction_sets)
    for (int64_t threads : {1, 3}) compare({3, 6, 11, 48, 32}, threads, set);
  compare({1, 130, 66, 16, 16}, 1, blpseg::InstructionSet::avx512);
  compare({2, 130, 66, 16, 16}, 4, blpseg::InstructionSet::avx512);
}

void finish() {
  const Convolution3x3 s{2, 7, 10, 32, 16};
  const Numbers numbers(s);
  const std::vector<double> sums = directly(s, numbers).out;
  const PlainBackend backend(2, blpseg::InstructionSet::avx512);
  for (int which = 0; which < 8; which++) {
    blpseg::Finish finish;
    if (which & 1) finish.bias = numbers.bias.data();
    if (which & 2) finish.addend = numbers.addend.data();
    finish.rectified = which & 4;
    std::vector<double> expected = sums;
    for (size_t i = 0; i < expected.size(); i++) {
      if (finish.bias) expected[i] += numbers.bias[i % s.outputs];
      if (finish.addend) expected[i] += numbers.addend[i];
      if (finish.rectified) expected[i] = std::max(expected[i], 0.0);
    }
    require_close(by_kernel(backend, s, numbers, finish).out, expected, 1e-5, "finish " + std::to_string(which));
  }
}

void empty() {
  const PlainBackend backend(2, blpseg::InstructionSet::avx512);
  for (const Convolution3x3 &s : {Convolution3x3{0, 4, 4, 16, 16}, Convolution3x3{1, 0, 4, 16, 16}}) {
    const Results<float> found = by_kernel(backend, s, Numbers(s));
    require(found.out.empty(), "there is a result");
    for (float number : found.weight_gradient) require(number == 0, "the weight's gradient is not 0");
  }
}

}  // namespace

const std::vector<Check> winograd_checks = {
    {"convolutions equal direct ones at every remainder of four", remainders},
    {"convolutions equal direct ones in batches, with many tiles, on several threads", large},
    {"convolutions add a bias and an image, and then activate", finish},
    {"convolutions take no images", empty},
};
