// Local aggregation against the formula with a table of all pairs, in float64.
#include "Check.h"
#include "LocalAggregation.h"
#include "PlainBackend.h"

namespace {

using blpseg::AggregationShape;

struct Case {
  AggregationShape shape;
  /// How far the features of the grid's upper and lower half lie from 0, on opposite sides.
  double gap;
};

// One tile, several, more than distances reach, a single row, and halves that are too unlike to matter to each other. The scores
// of the last reach hundreds, which float32 rounds too coarsely for a comparison.
const Case cases[] = {
    {{2, 5, 3, 7, 9, 2.5}, 0},  {{1, 5, 3, 23, 29, 2.5}, 0},  {{2, 3, 2, 120, 9, 2.5}, 0},
    {{2, 4, 2, 1, 17, 2.5}, 0}, {{1, 4, 2, 120, 9, 2.5}, 12},
};

template <typename Real>
struct Numbers {
  std::vector<Real> feature, value, cotangent, distances;

  explicit Numbers(const Case &test) {
    const AggregationShape &s = test.shape;
    feature = normal<Real>(s.images * s.depth * s.positions(), 1);
    value = normal<Real>(s.images * s.channels * s.positions(), 2);
    cotangent = normal<Real>(s.images * s.channels * s.positions(), 3);
    for (size_t i = 0; i < feature.size(); i++)
      feature[i] += Real(int64_t(i) % s.positions() < s.positions() / 2 ? test.gap : -test.gap);
    for (int64_t row = 0; row < s.height; row++)
      for (int64_t column = 1 - s.width; column < s.width; column++)
        distances.push_back(Real(std::exp(-double(row * row + column * column) / (2 * s.sigma * s.sigma))));
  }
};

/// Results and gradients.
template <typename Real>
struct Results {
  std::vector<Real> out, feature_gradient, value_gradient;
};

/// The formula as written, for one image after the other.
template <typename Real>
Results<double> by_table(const AggregationShape &s, const Numbers<Real> &numbers) {
  const int64_t count = s.positions();
  const blpseg::DistanceTable<Real> table{numbers.distances.data(), s.width};
  Results<double> results;
  results.out.assign(numbers.value.size(), 0);
  results.feature_gradient.assign(numbers.feature.size(), 0);
  results.value_gradient.assign(numbers.value.size(), 0);
  for (int64_t image = 0; image < s.images; image++) {
    const Real *f = numbers.feature.data() + image * s.depth * count;
    const Real *v = numbers.value.data() + image * s.channels * count;
    const Real *d = numbers.cotangent.data() + image * s.channels * count;
    double *df = results.feature_gradient.data() + image * s.depth * count;
    double *dv = results.value_gradient.data() + image * s.channels * count;
    double *out = results.out.data() + image * s.channels * count;
    std::vector<double> e(count), g(count);
    for (int64_t b = 0; b < count; b++) {
      double peak = -INFINITY, denominator = 0, delta = 0;
      for (int64_t a = 0; a < count; a++) {
        e[a] = 0;
        for (int64_t k = 0; k < s.depth; k++) e[a] += double(f[k * count + a]) * f[k * count + b];
        g[a] = *table.from(a / s.width - b / s.width, a % s.width - b % s.width);
        peak = std::max(peak, e[a]);
      }
      for (int64_t a = 0; a < count; a++) {
        e[a] = std::exp(e[a] - peak);
        denominator += e[a] * (g[a] + blpseg::outside_share);
      }
      for (int64_t c = 0; c < s.channels; c++) {
        double sum = 0;
        for (int64_t a = 0; a < count; a++) sum += e[a] * g[a] * v[c * count + a];
        out[c * count + b] = sum / denominator;
        delta += d[c * count + b] * out[c * count + b];
      }
      for (int64_t a = 0; a < count; a++) {
        double along = 0;
        for (int64_t c = 0; c < s.channels; c++) {
          along += double(d[c * count + b]) * v[c * count + a];
          dv[c * count + a] += e[a] * g[a] / denominator * d[c * count + b];
        }
        const double ds = e[a] / denominator * (g[a] * (along - delta) - blpseg::outside_share * delta);
        for (int64_t k = 0; k < s.depth; k++) {
          df[k * count + a] += ds * f[k * count + b];
          df[k * count + b] += ds * f[k * count + a];
        }
      }
    }
  }
  return results;
}

template <typename Real>
Results<Real> by_kernel(const blpseg::Backend &backend, const AggregationShape &s, const Numbers<Real> &numbers) {
  const blpseg::DistanceTable<Real> table{numbers.distances.data(), s.width};
  Results<Real> results;
  results.out.resize(numbers.value.size());
  results.feature_gradient.resize(numbers.feature.size());
  results.value_gradient.resize(numbers.value.size());
  std::vector<Real> peak(s.images * s.positions()), denominator(peak.size());
  blpseg::aggregate<Real>(
      backend, s, table, numbers.feature.data(), numbers.value.data(), results.out.data(), peak.data(),
      denominator.data());
  blpseg::aggregate_backward<Real>(
      backend, s, table, numbers.feature.data(), numbers.value.data(), results.out.data(), peak.data(),
      denominator.data(), numbers.cotangent.data(), results.feature_gradient.data(), results.value_gradient.data());
  return results;
}

template <typename Real>
void equals_formula(double tolerance) {
  for (const Case &test : cases) {
    if (test.gap > 0 && sizeof(Real) == sizeof(float)) continue;
    const AggregationShape &s = test.shape;
    const Numbers<Real> numbers(test);
    const Results<double> expected = by_table(s, numbers);
    for (blpseg::InstructionSet set : all_instruction_sets) {
      const Results<Real> found = by_kernel(PlainBackend(3, set), s, numbers);
      const std::string grid = std::to_string(s.height) + " x " + std::to_string(s.width) + ", ";
      require_close(found.out, expected.out, tolerance, grid + "result");
      require_close(found.feature_gradient, expected.feature_gradient, tolerance, grid + "feature's gradient");
      require_close(found.value_gradient, expected.value_gradient, tolerance, grid + "value's gradient");
    }
  }
}

void float32() { equals_formula<float>(1e-5); }
void float64() { equals_formula<double>(1e-12); }

void threads() {
  const AggregationShape &s = cases[1].shape;
  const Numbers<float> numbers(cases[1]);
  const auto set = blpseg::InstructionSet::avx512;
  const Results<float> one = by_kernel(PlainBackend(1, set), s, numbers);
  for (int64_t threads : {2, 5}) {
    const Results<float> several = by_kernel(PlainBackend(threads, set), s, numbers);
    require(
        one.out == several.out && one.feature_gradient == several.feature_gradient
            && one.value_gradient == several.value_gradient,
        "the bits change with ", threads, " threads");
  }
}

void empty() {
  for (const AggregationShape &s : {AggregationShape{0, 3, 2, 4, 4, 6}, AggregationShape{1, 3, 2, 0, 4, 6}}) {
    const Numbers<float> numbers(Case{s, 0});
    require(by_kernel(PlainBackend(2, blpseg::InstructionSet::baseline), s, numbers).out.empty(), "there is a result");
  }
}

}  // namespace

const std::vector<Check> aggregation_checks = {
    {"local aggregation equals the formula in float32", float32},
    {"local aggregation equals the formula in float64", float64},
    {"local aggregation gives the same bits with any number of threads", threads},
    {"local aggregation takes empty grids", empty},
};
