#include "eval/metric.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/unicode.h"

namespace gradus {
namespace {

size_t first_largest(const std::vector<double>& values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

bool right(const Item& item, size_t choice) {
  return std::find(item.gold.begin(), item.gold.end(), static_cast<int64_t>(choice)) != item.gold.end();
}

/// Nats of the choices, each over its length in characters or bytes (an empty one: as numpy divides, −∞).
std::vector<double> normalised(const Item& item, const std::vector<Likelihood>& scores, const std::string& by) {
  std::vector<double> out;
  const size_t n = item.choices.size();
  for (size_t i = 0; i < n; ++i) {
    double length = 1;
    if (by == "acc_norm") length = static_cast<double>(count_characters(item.choices[i]));
    if (by == "acc_bytes") length = static_cast<double>(item.choices[i].size());
    out.push_back(scores[i].nats / length);
    if (by == "acc_mutual_info") out[i] = scores[i].nats - scores[n + i].nats;
  }
  return out;
}

double mass_on_true(const Item& item, const std::vector<Likelihood>& scores) {
  if (item.labels.size() != item.choices.size())
    throw Error("mc2 needs the field mc2_targets: {choices: […], labels: […]}, a label a choice");
  double yes = 0, all = 0;
  for (size_t i = 0; i < item.labels.size(); ++i) {
    const double p = std::exp(scores[i].nats);
    all += p;
    yes += item.labels[i] ? p : 0;
  }
  return yes / all;
}

Observation of_choices(const std::string& metric, const Item& item, const std::vector<Likelihood>& scores) {
  if (metric == "mc2") return {mass_on_true(item, scores), 0};
  if (metric == "exact_match") {
    for (const int64_t g : item.gold)
      if (g >= 0 && scores[static_cast<size_t>(g)].greedy) return {1, 0};
    return {0, 0};
  }
  const size_t chosen = first_largest(normalised(item, scores, metric));
  if (metric == "f1" || metric == "mcc") return {static_cast<double>(item.gold[0]), static_cast<double>(chosen)};
  return {right(item, chosen) ? 1.0 : 0.0, 0};
}

double count_spaces_and_one(const std::string& text) {  // len(re.split(r"\s+", text))
  size_t runs = 0;
  bool inside = false;
  for (const auto c : characters(text)) {
    const bool space = is_space(code_point(c));
    runs += space && !inside;
    inside = space;
  }
  return static_cast<double>(runs + 1);
}

}  // namespace

Observation observe(const std::string& metric, OutputType type, const Item& item,
                    const std::vector<Likelihood>& scores) {
  if (type == OutputType::kMultipleChoice) return of_choices(metric, item, scores);
  double nats = 0;
  for (const auto& score : scores) nats += score.nats;
  if (type == OutputType::kLoglikelihood) return {metric == "perplexity" ? nats : scores[0].greedy ? 1.0 : 0.0, 0};
  const std::string& text = item.references[0];
  return {nats, metric == "word_perplexity" ? count_spaces_and_one(text) : static_cast<double>(text.size())};
}

bool lower_is_better(const std::string& metric) { return metric.ends_with("perplexity") || metric == "bits_per_byte"; }

MetricScore aggregate_group(const std::vector<MetricScore>& scores, const std::vector<int64_t>& items, bool weighted) {
  double all = 0, mean = 0, variance = 0;
  for (const int64_t n : items) all += static_cast<double>(n);
  const auto k = static_cast<double>(scores.size());
  if (!weighted) {
    for (const auto& s : scores) mean += s.value / k, variance += s.standard_error * s.standard_error / (k * k);
    return {mean, std::sqrt(variance)};
  }
  for (size_t i = 0; i < scores.size(); ++i) mean += scores[i].value * static_cast<double>(items[i]) / all;
  for (size_t i = 0; i < scores.size(); ++i)  // pooled_sample_stderr of the harness
    variance += (static_cast<double>(items[i]) - 1) * scores[i].standard_error * scores[i].standard_error *
                static_cast<double>(items[i]);
  return {mean, std::sqrt(variance / (all - k) / all)};
}

}  // namespace gradus
