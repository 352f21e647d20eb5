#include "ladder/agreement.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<size_t> best_first(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] > values[b]; });
  return order;
}

/// z: pairs nearer than so many standard errors on either side are left out; 0: none is.
PairCounts count(const Paired& p, double z) {
  PairCounts out;
  const auto apart = [z](double difference, double a, double b) {
    return z == 0 || difference * difference > z * z * (a * a + b * b);
  };
  for (size_t i = 0; i < p.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double x = p.proxy[i] - p.proxy[j], y = p.target[i] - p.target[j];
      if (!apart(x, p.proxy_error[i], p.proxy_error[j]) || !apart(y, p.target_error[i], p.target_error[j])) continue;
      if (x == 0 && y == 0) continue;
      if (x == 0)
        ++out.equal_proxy;
      else if (y == 0)
        ++out.equal_target;
      else
        ++(x * y > 0 ? out.alike : out.opposed);
    }
  return out;
}

Paired chosen(const Paired& p, std::span<const size_t> of) {
  Paired out;
  out.unrestricted_variance = p.unrestricted_variance;
  for (size_t i : of) {
    out.proxy.push_back(p.proxy[i]), out.proxy_error.push_back(p.proxy_error[i]);
    out.target.push_back(p.target[i]), out.target_error.push_back(p.target_error[i]);
  }
  return out;
}

double counted(const PairCounts& c) { return c.alike + c.opposed + c.equal_proxy; }

struct Measure {
  std::string name;
  std::function<double(const Paired&)> value;
  std::function<double(const Paired&)> pairs;
};

std::vector<Measure> measures(size_t n, double z) {
  std::vector<Measure> out;
  const auto add = [&](std::string name, std::function<double(const Paired&)> value,
                       std::function<double(const Paired&)> pairs = nullptr) {
    out.push_back({std::move(name), std::move(value), std::move(pairs)});
  };
  add("spearman", [](const Paired& p) { return spearman(p.proxy, p.target); });
  add("kendall_tau_b", [](const Paired& p) { return count_pairs(p).tau_b(); });
  add("pearson", [](const Paired& p) { return pearson(p.proxy, p.target); });
  add("pearson_noise_corrected", [](const Paired& p) { return corrected_correlation(p, false, true); });
  add("pearson_range_corrected", [](const Paired& p) { return corrected_correlation(p, true, false); });
  add("pearson_corrected", [](const Paired& p) { return corrected_correlation(p, true, true); });
  add(
      "pairwise_accuracy", [](const Paired& p) { return count_pairs(p).accuracy(); },
      [](const Paired& p) { return counted(count_pairs(p)); });
  add(
      "pairwise_accuracy_separated", [z](const Paired& p) { return count_separated(p, z).accuracy(); },
      [z](const Paired& p) { return counted(count_separated(p, z)); });
  for (size_t k : std::set<size_t>{1, 3, 5, 10, n / 10})
    if (k > 0 && k < n) add("top_" + std::to_string(k) + "_recall", [k](const Paired& p) { return top_recall(p, k); });
  add("regret", regret);
  return out;
}

}  // namespace

double pearson(std::span<const double> x, std::span<const double> y) {
  require(x.size() == y.size(), "two values a design");
  const Moments a = moments(x), b = moments(y);
  const auto varies = [](std::span<const double> v) {
    const auto [low, high] = std::minmax_element(v.begin(), v.end());
    return *low < *high;
  };
  if (a.n < 2 || !varies(x) || !varies(y)) return kNone;
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += (x[i] - a.mean) * (y[i] - b.mean);
  return std::clamp(sum / (a.n - 1) / std::sqrt(a.variance * b.variance), -1.0, 1.0);
}

std::vector<double> mid_ranks(std::span<const double> x) {
  std::vector<size_t> order = best_first(x);
  std::reverse(order.begin(), order.end());
  std::vector<double> ranks(x.size());
  for (size_t i = 0, end; i < order.size(); i = end) {
    for (end = i; end < order.size() && x[order[end]] == x[order[i]];) ++end;
    for (size_t j = i; j < end; ++j) ranks[order[j]] = 0.5 * double(i + end + 1);
  }
  return ranks;
}

double spearman(std::span<const double> x, std::span<const double> y) { return pearson(mid_ranks(x), mid_ranks(y)); }

double PairCounts::accuracy() const {
  const double all = alike + opposed + equal_proxy;
  return all == 0 ? kNone : (alike + 0.5 * equal_proxy) / all;
}

double PairCounts::tau_b() const {
  const double both = alike + opposed, scale = std::sqrt((both + equal_proxy) * (both + equal_target));
  return scale == 0 ? kNone : (alike - opposed) / scale;
}

PairCounts count_pairs(const Paired& paired) { return count(paired, 0); }
PairCounts count_separated(const Paired& paired, double z) { return count(paired, z); }

double top_recall(const Paired& paired, size_t k) {
  const auto a = best_first(paired.proxy), b = best_first(paired.target);
  k = std::min(k, paired.size());
  if (k == 0) return kNone;
  size_t both = 0;
  for (size_t i = 0; i < k; ++i) both += std::find(b.begin(), b.begin() + long(k), a[i]) != b.begin() + long(k);
  return double(both) / double(k);
}

double regret(const Paired& paired) {
  if (paired.size() == 0) return kNone;
  return *std::max_element(paired.target.begin(), paired.target.end()) - paired.target[best_first(paired.proxy)[0]];
}

double reliability(std::span<const double> values, std::span<const double> errors) {
  const Moments m = moments(values);
  if (m.n < 2 || m.variance == 0) return kNone;
  double noise = 0;
  for (double e : errors) noise += e * e / double(errors.size());
  return std::clamp(1 - noise / m.variance, 0.0, 1.0);
}

double corrected_correlation(const Paired& paired, bool range, bool noise) {
  double r = pearson(paired.proxy, paired.target);
  double proxy_reliability = reliability(paired.proxy, paired.proxy_error);
  double target_reliability = reliability(paired.target, paired.target_error);
  const double restricted = moments(paired.proxy).variance;
  if (range && paired.unrestricted_variance > 0 && restricted > 0) {
    // Slope and scatter of the regression are those of all designs: both sides' variances follow from the ratio.
    const double square = paired.unrestricted_variance / restricted, target_square = 1 + r * r * (square - 1);
    r = r * std::sqrt(square / target_square);
    proxy_reliability = std::clamp(1 - (1 - proxy_reliability) / square, 0.0, 1.0);
    target_reliability = std::clamp(1 - (1 - target_reliability) / target_square, 0.0, 1.0);
  }
  if (!noise) return r;
  const double both = proxy_reliability * target_reliability;
  return both > 0 ? std::clamp(r / std::sqrt(both), -1.0, 1.0) : kNone;
}

std::vector<Statistic> measure_agreement(const Paired& all, double confidence, uint64_t key, int resamples) {
  Stream draws("agreement", {key});
  std::vector<size_t> of(all.size());
  std::iota(of.begin(), of.end(), size_t(0));
  if (of.size() > kMostDesigns) draws.shuffle(of), of.resize(kMostDesigns);
  const Paired paired = chosen(all, of);
  const size_t n = paired.size();
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
  const auto list = measures(n, z);
  resamples = std::min<int>(resamples, std::max<int>(200, int(1e8 / double(n * n + 1))));
  // Resampling moves the selected's variance, and with it that of all: their ratio is what selection is.
  const double spread = moments(paired.proxy).variance, selection = spread > 0 ? all.unrestricted_variance / spread : 0;
  std::vector<std::vector<double>> samples(list.size());
  std::vector<size_t> drawn(n);
  for (int r = 0; r < resamples && n > 1; ++r) {
    for (size_t& i : drawn) i = draws.next_below(n);
    Paired sample = chosen(paired, drawn);
    sample.unrestricted_variance = selection * moments(sample.proxy).variance;
    for (size_t m = 0; m < list.size(); ++m)
      if (const double v = list[m].value(sample); std::isfinite(v)) samples[m].push_back(v);
  }
  std::vector<Statistic> out;
  for (size_t m = 0; m < list.size(); ++m) {
    Statistic s{list[m].name, n > 1 ? list[m].value(paired) : kNone, kNone, kNone, 0};
    if (list[m].pairs) s.pairs = list[m].pairs(paired);
    auto& v = samples[m];
    std::sort(v.begin(), v.end());
    const auto at = [&](double share) { return v[size_t(std::llround(share * double(v.size() - 1)))]; };
    if (!v.empty() && std::isfinite(s.value)) s.lower = at((1 - confidence) / 2), s.upper = at((1 + confidence) / 2);
    out.push_back(s);
  }
  return out;
}

Share exact_share(int k, int n, double confidence) {
  if (n == 0) return {kNone, 0, 1};
  const double tail = (1 - confidence) / 2;
  Share s{double(k) / n, 0, 1};
  if (k > 0) s.lower = boost::math::quantile(boost::math::beta_distribution<>(k, n - k + 1), tail);
  if (k < n) s.upper = boost::math::quantile(boost::math::beta_distribution<>(k + 1, n - k), 1 - tail);
  return s;
}

}  // namespace gradus
