#include "page/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMostPaired = 400;

double pearson(std::span<const double> x, std::span<const double> y) {
  const double n = double(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : kUnknown;
}

struct PairCounts {
  double alike = 0, unlike = 0, tied_x = 0, tied_y = 0, all = 0;
};
PairCounts count_pairs(std::span<const double> x, std::span<const double> y) {
  PairCounts c;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double product = (x[i] - x[j]) * (y[i] - y[j]);
      c.alike += product > 0, c.unlike += product < 0;
      c.tied_x += x[i] == x[j], c.tied_y += y[i] == y[j], ++c.all;
    }
  return c;
}
double tau(const PairCounts& c) {
  const double scale = std::sqrt((c.all - c.tied_x) * (c.all - c.tied_y));
  return scale > 0 ? (c.alike - c.unlike) / scale : kUnknown;
}
double share_alike(const PairCounts& c) { return c.alike + c.unlike > 0 ? c.alike / (c.alike + c.unlike) : kUnknown; }

Interval percentile(double value, std::vector<double> draws, double confidence) {
  std::erase_if(draws, [](double d) { return std::isnan(d); });
  if (draws.empty() || std::isnan(value)) return {value, kUnknown, kUnknown};
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double share) { return draws[size_t(std::lround(share * double(draws.size() - 1)))]; };
  return {value, at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

}  // namespace

std::vector<double> ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (size_t i = first; i < last; ++i) out[order[i]] = double(first + last + 1) / 2;
  }
  return out;
}

double spearman(std::span<const double> x, std::span<const double> y) {
  return x.size() < 3 ? kUnknown : pearson(ranks(x), ranks(y));
}
double kendall(std::span<const double> x, std::span<const double> y) { return tau(count_pairs(x, y)); }
double pairwise_accuracy(std::span<const double> x, std::span<const double> y) {
  return share_alike(count_pairs(x, y));
}

Agreement agreement(std::span<const double> x, std::span<const double> y, double confidence, int draws) {
  const size_t n = x.size(), paired = std::min(n, kMostPaired);
  Stream stream("agreement", {uint64_t(n)});
  std::vector<double> sample_x, sample_y, rho, tau_b, share;
  const auto draw = [&](size_t count) {
    sample_x.clear(), sample_y.clear();
    for (size_t i = 0; i < count; ++i) {
      const size_t k = stream.next_below(n);
      sample_x.push_back(x[k]), sample_y.push_back(y[k]);
    }
  };
  const int times = n < 3 ? 0 : n > kMostPaired ? std::min(draws, 200) : draws;
  for (int d = 0; d < times; ++d) {
    draw(n);
    rho.push_back(spearman(sample_x, sample_y));
    const auto pairs = count_pairs(std::span(sample_x).first(paired), std::span(sample_y).first(paired));
    tau_b.push_back(tau(pairs)), share.push_back(share_alike(pairs));
  }
  PairCounts pairs;
  if (n <= kMostPaired) {
    pairs = count_pairs(x, y);
  } else if (n > 0) {
    draw(paired);
    pairs = count_pairs(sample_x, sample_y);
  }
  return {int(n), percentile(spearman(x, y), rho, confidence), percentile(tau(pairs), tau_b, confidence),
          percentile(share_alike(pairs), share, confidence)};
}

Interval wilson(int k, int n, double confidence) {
  if (n <= 0) return {kUnknown, kUnknown, kUnknown};
  const double z = student_quantile(0.5 + confidence / 2, 1e6), share = double(k) / n, scale = 1 + z * z / n;
  const double middle = (share + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(share * (1 - share) / n + z * z / (4.0 * n * n));
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

PowerFit fit_power(std::span<const double> compute, std::span<const double> bits, double deviation) {
  const double n = double(compute.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, squares = 0;
  for (size_t i = 0; i < compute.size(); ++i) mean_x += std::log(compute[i]) / n, mean_y += std::log(bits[i]) / n;
  for (size_t i = 0; i < compute.size(); ++i) {
    const double dx = std::log(compute[i]) - mean_x;
    xx += dx * dx, xy += dx * (std::log(bits[i]) - mean_y);
  }
  if (compute.size() < 2 || xx == 0) return {kUnknown, kUnknown, kUnknown, kUnknown};
  const double slope = xy / xx;
  for (size_t i = 0; i < compute.size(); ++i) {
    const double gap = std::log(bits[i]) - mean_y - slope * (std::log(compute[i]) - mean_x);
    squares += gap * gap;
  }
  const double spread = n > 2 ? std::max(squares / (n - 2), deviation * deviation) : deviation * deviation;
  return {std::exp(mean_y - slope * mean_x), -slope, spread > 0 ? std::sqrt(spread / xx) : kUnknown,
          std::sqrt(squares / n)};
}

}  // namespace gradus
