#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <thread>

#include "base/error.h"
#include "eval/metric.h"
#include "eval/python_random.h"
#include "train/machine.h"

namespace gradus {
namespace {

using Observations = std::vector<Observation>;

double mean(const Observations& xs) {
  double sum = 0;
  for (const auto& x : xs) sum += x.first;
  return sum / static_cast<double>(xs.size());
}

double mean_error(const Observations& xs) {
  if (xs.size() < 2) return 0;
  const double m = mean(xs);
  double squares = 0;
  for (const auto& x : xs) squares += (x.first - m) * (x.first - m);
  return std::sqrt(squares / static_cast<double>(xs.size() - 1)) / std::sqrt(static_cast<double>(xs.size()));
}

// What a resample of n observations sums up to, from which the statistic follows.
struct Sums {
  double values = 0;
  std::vector<double> table;  // truth × answer
};

int64_t n_classes(const Observations& xs) {
  double most = 0;
  for (const auto& x : xs) most = std::max({most, x.first, x.second});
  return static_cast<int64_t>(most) + 1;
}

double f1(const std::vector<double>& table, int64_t classes) {  // of class 1
  if (classes > 2) throw Error("f1 is of two classes, the answers have more");
  if (classes < 2) return 0;
  const double hit = table[3], missed = table[2], wrong = table[1];
  return hit == 0 ? 0 : 2 * hit / (2 * hit + missed + wrong);
}

// Gorodkin 2004's correlation of k classes; 0 where one side is constant.
double matthews(const std::vector<double>& table, int64_t classes) {
  double n = 0, right = 0, both = 0, truth2 = 0, answer2 = 0;
  for (int64_t i = 0; i < classes; ++i) {
    double truth = 0, answer = 0;
    for (int64_t j = 0; j < classes; ++j) {
      truth += table[static_cast<size_t>(i * classes + j)];
      answer += table[static_cast<size_t>(j * classes + i)];
    }
    n += truth;
    right += table[static_cast<size_t>(i * classes + i)];
    both += truth * answer;
    truth2 += truth * truth;
    answer2 += answer * answer;
  }
  const double of_truth = n * n - truth2, of_answer = n * n - answer2;
  return of_truth * of_answer == 0 ? 0 : (right * n - both) / std::sqrt(of_truth * of_answer);
}

class Statistic {
 public:
  Statistic(const std::string& metric, const Observations& xs) : metric_(metric), n_(static_cast<double>(xs.size())) {
    if (metric == "perplexity") {
      for (const auto& x : xs) values_.push_back(x.first);
    } else {
      classes_ = n_classes(xs);
      for (const auto& x : xs)
        cells_.push_back(static_cast<uint32_t>(x.first * static_cast<double>(classes_) + x.second));
    }
  }
  size_t size() const { return metric_ == "perplexity" ? values_.size() : cells_.size(); }

  /// Of the observations that `pick` names, one after another.
  template <class Pick>
  double of(const Pick& pick) const {
    const size_t n = size();
    if (metric_ == "perplexity") {
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += values_[pick(i)];
      return std::exp(-(sum / n_));
    }
    std::vector<double> table(static_cast<size_t>(classes_ * classes_), 0.0);
    for (size_t i = 0; i < n; ++i) table[cells_[pick(i)]] += 1;
    return metric_ == "f1" ? f1(table, classes_) : matthews(table, classes_);
  }

 private:
  std::string metric_;
  double n_;
  int64_t classes_ = 0;
  std::vector<double> values_;
  std::vector<uint32_t> cells_;
};

// Chunks of at most 1,000 draws, chunk i by Python's generator seeded with i; the same for any number of threads.
double bootstrap_error(const Statistic& statistic, int64_t draws) {
  if (draws < 2) return 0;
  const int64_t chunk = std::min<int64_t>(1000, draws), chunks = draws / chunk;
  std::vector<double> values(static_cast<size_t>(chunks * chunk));
  const auto work = [&](int64_t first, int64_t step) {
    for (int64_t c = first; c < chunks; c += step) {
      PythonRandom random(static_cast<uint64_t>(c));
      const auto n = static_cast<double>(statistic.size());
      for (int64_t i = 0; i < chunk; ++i)
        values[static_cast<size_t>(c * chunk + i)] =
            statistic.of([&](size_t) { return static_cast<size_t>(random.uniform() * n); });
    }
  };
  const int64_t n_threads = std::max(1, std::min(default_threads(), static_cast<int>(chunks)));
  std::vector<std::thread> threads;
  for (int64_t t = 1; t < n_threads; ++t) threads.emplace_back(work, t, n_threads);
  work(0, n_threads);
  for (auto& thread : threads) thread.join();
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double m = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v - m) * (v - m);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// r = −Σ nats / Σ units; se² = n/(n−1) Σ (nats_i + r units_i)² / (Σ units)²   (Cochran 1977, §6.4)
MetricScore ratio(const std::string& metric, const Observations& xs) {
  double nats = 0, units = 0, squares = 0;
  for (const auto& x : xs) nats += x.first, units += x.second;
  const double r = -nats / units, n = static_cast<double>(xs.size());
  for (const auto& x : xs) squares += std::pow(x.first + r * x.second, 2);
  const double error = xs.size() < 2 ? 0 : std::sqrt(squares * n / (n - 1)) / units;
  if (metric == "bits_per_byte") return {r / std::numbers::ln2, error / std::numbers::ln2};
  return {std::exp(r), std::exp(r) * error};
}

}  // namespace

MetricScore aggregate(const std::string& metric, const Observations& observations, int64_t bootstrap_draws) {
  require(!observations.empty(), "a metric is of at least one item");
  if (metric == "word_perplexity" || metric == "byte_perplexity" || metric == "bits_per_byte")
    return ratio(metric, observations);
  if (metric != "perplexity" && metric != "f1" && metric != "mcc")
    return {mean(observations), mean_error(observations)};
  const Statistic statistic(metric, observations);
  const double value = statistic.of([](size_t i) { return i; });
  return {value, observations.size() < 2 ? 0 : bootstrap_error(statistic, bootstrap_draws)};
}

}  // namespace gradus
