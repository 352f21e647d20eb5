#include "check/probes_tasks.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/rng.h"

namespace gradus {
namespace {

constexpr int64_t kNoiseTokens = 16;
constexpr int64_t kLongestMotif = 3;
constexpr uint64_t kMapSeed = 12345;  // memorization: MAD's
constexpr double kGapPower = 0.01;    // mqar: p(gap) ∝ gap^(0.01 − 1)

using Tokens = std::vector<int64_t>;
struct Example {
  Tokens inputs, targets;
};

int64_t draw(Stream& s, int64_t begin, int64_t end) {
  return begin + static_cast<int64_t>(s.next_below(static_cast<uint64_t>(end - begin)));
}

/// A sequence and, for each of its tokens, whether it is asked: inputs are all but the last, targets the next tokens
/// (in training every one, as a language model has it).
Example shifted(const Tokens& sequence, const std::vector<bool>& asked, bool training) {
  Example e{Tokens(sequence.begin(), sequence.end() - 1), Tokens(sequence.begin() + 1, sequence.end())};
  for (size_t i = 0; i < e.targets.size(); ++i)
    if (!training && !asked[i + 1]) e.targets[i] = kIgnored;
  return e;
}

int64_t recall_tokens(const ProbeTask& task) {
  return task.vocabulary - (task.name == "noisy-recall" ? kNoiseTokens : 0);
}

/// L/2 pairs; a key keeps its value for the sequence; the last pair asks a key that was shown.
Example recall(const ProbeTask& task, Stream& s, bool training) {
  const int64_t n = recall_tokens(task), pairs = task.length / 2, real = draw(s, 0, pairs - 1);
  std::map<int64_t, int64_t> values;
  Tokens sequence;
  std::vector<bool> asked;
  const auto add = [&](int64_t key, int64_t value, bool ask) {
    sequence.insert(sequence.end(), {key, value});
    asked.insert(asked.end(), {false, ask});
  };
  for (int64_t i = 0; i + 1 < pairs; ++i) {
    if (i != real && task.noise > 0 && s.next_uniform() < task.noise) {
      const int64_t first = draw(s, n, task.vocabulary), second = draw(s, n, task.vocabulary);
      add(first, second, false);
      continue;
    }
    const int64_t key = draw(s, 0, n / 2);
    const bool known = values.contains(key);
    if (!known) values[key] = draw(s, n / 2, n);
    add(key, values[key], known);
  }
  auto shown = values.begin();
  std::advance(shown, draw(s, 0, static_cast<int64_t>(values.size())));
  add(shown->first, shown->second, true);
  return shifted(sequence, asked, training);
}

/// Keys and values are motifs of one to three tokens, keys of three outside training; padded on the left.
Example fuzzy_recall(const ProbeTask& task, Stream& s, bool training) {
  const int64_t pad = task.vocabulary - 1, half = pad / 2;
  std::map<Tokens, Tokens> values;
  std::vector<std::pair<Tokens, bool>> order;
  const auto motif = [&](int64_t begin, int64_t end, int64_t size) {
    Tokens m;
    for (int64_t i = 0; i < size; ++i) m.push_back(draw(s, begin, end));
    return m;
  };
  const auto width = [&](const Tokens& key) { return static_cast<int64_t>(key.size() + values.at(key).size()); };
  int64_t left = task.length - 2 * kLongestMotif;  // room for the pair that asks
  for (;;) {
    const Tokens key = motif(0, half, training ? draw(s, 1, kLongestMotif + 1) : kLongestMotif);
    const bool known = values.contains(key);
    if (!known) values[key] = motif(half, pad, draw(s, 1, kLongestMotif + 1));
    if (width(key) > left) {
      if (!known) values.erase(key);
      break;
    }
    left -= width(key);
    order.emplace_back(key, known);
  }
  order.emplace_back(order[static_cast<size_t>(draw(s, 0, static_cast<int64_t>(order.size())))].first, true);
  Tokens sequence;
  std::vector<bool> asked;
  for (const auto& [key, known] : order) {
    const Tokens& value = values.at(key);
    sequence.insert(sequence.end(), key.begin(), key.end());
    sequence.insert(sequence.end(), value.begin(), value.end());
    asked.insert(asked.end(), key.size(), false);
    asked.insert(asked.end(), value.size(), known);
  }
  const auto padding = static_cast<size_t>(task.length) - sequence.size();
  sequence.insert(sequence.begin(), padding, pad);
  asked.insert(asked.begin(), padding, false);
  Example e = shifted(sequence, asked, training);
  std::replace(e.targets.begin(), e.targets.end(), pad, kIgnored);
  return e;
}

/// Content among blanks, a copy token, then as many blanks, at which the content is asked in order.
Example selective_copying(const ProbeTask& task, Stream& s) {
  const int64_t blank = task.vocabulary - 2, copy = task.vocabulary - 1, room = task.length - task.copy - 1;
  Example e{Tokens(static_cast<size_t>(task.length), blank), Tokens(static_cast<size_t>(task.length), kIgnored)};
  Tokens places(static_cast<size_t>(room));
  std::iota(places.begin(), places.end(), 0);
  s.shuffle(places);
  std::sort(places.begin(), places.begin() + task.copy);
  e.inputs[static_cast<size_t>(room)] = copy;
  for (int64_t i = 0; i < task.copy; ++i) {
    const int64_t content = draw(s, 0, blank);
    e.inputs[static_cast<size_t>(places[static_cast<size_t>(i)])] = content;
    e.targets[static_cast<size_t>(room + 1 + i)] = content;
  }
  return e;
}

/// Random tokens and a last one; all are to be read back from what the model has at the last.
Example compression(const ProbeTask& task, Stream& s) {
  Example e;
  for (int64_t i = 0; i + 1 < task.length; ++i) e.inputs.push_back(draw(s, 0, task.vocabulary - 1));
  e.targets = e.inputs;
  e.inputs.push_back(task.vocabulary - 1);
  e.targets.push_back(kIgnored);
  return e;
}

/// A map that is the same in all examples and splits, so that only the weights can hold it.
Example memorization(const ProbeTask& task, Stream& s) {
  const int64_t insert = task.vocabulary - 1, half = insert / 2;
  const Stream map("memorization", {kMapSeed, static_cast<uint64_t>(task.vocabulary)});
  Example e;
  for (int64_t i = 0; i < task.length / 2; ++i) {
    const int64_t key = draw(s, 0, half);
    const auto value =
        half + static_cast<int64_t>(map.bits(static_cast<uint64_t>(key)) % static_cast<uint64_t>(insert - half));
    e.inputs.insert(e.inputs.end(), {key, insert});
    e.targets.insert(e.targets.end(), {kIgnored, value});
  }
  return e;
}

/// K pairs of different keys and values; each key comes once more, at an even distance, and there its value is asked;
/// all else is random tokens.
Example mqar(const ProbeTask& task, Stream& s) {
  const int64_t half = task.vocabulary / 2, k = task.pairs, space = (task.length - 2 * k) / 2;
  const Permutation keys(static_cast<uint64_t>(half - 1), s.next()), values(static_cast<uint64_t>(half), s.next());
  Example e{Tokens(static_cast<size_t>(task.length)), Tokens(static_cast<size_t>(task.length), kIgnored)};
  for (auto& token : e.inputs) token = draw(s, 0, task.vocabulary);
  std::vector<double> weight;
  for (int64_t gap = 1; gap <= space; ++gap) weight.push_back(std::pow(static_cast<double>(gap), kGapPower - 1));
  for (int64_t i = 0; i < k; ++i) {
    const auto key = 1 + static_cast<int64_t>(keys(static_cast<uint64_t>(i)));
    const auto value = half + static_cast<int64_t>(values(static_cast<uint64_t>(i)));
    double point = s.next_uniform() * std::accumulate(weight.begin(), weight.end(), 0.0);
    size_t gap = 0;
    while (gap + 1 < weight.size() && (point -= weight[gap]) >= 0) ++gap;
    while (weight[gap] == 0) gap = (gap + weight.size() - 1) % weight.size();  // rounding at the end of the sum
    weight[gap] = 0;
    const size_t asked = static_cast<size_t>(2 * k) + 2 * gap;
    e.inputs[static_cast<size_t>(2 * i)] = key;
    e.inputs[static_cast<size_t>(2 * i + 1)] = value;
    e.inputs[asked] = key;
    e.targets[asked] = value;
  }
  return e;
}

Example make_example(const ProbeTask& task, Stream& s, bool training) {
  if (task.name == "in-context-recall" || task.name == "noisy-recall") return recall(task, s, training);
  if (task.name == "fuzzy-recall") return fuzzy_recall(task, s, training);
  if (task.name == "selective-copying") return selective_copying(task, s);
  if (task.name == "compression") return compression(task, s);
  if (task.name == "memorization") return memorization(task, s);
  if (task.name == "mqar") return mqar(task, s);
  throw Error("no probe '" + task.name + "'");
}

/// MAD's baseline of a task, then one factor at a time.
template <class T>
void vary(std::vector<ProbeTask>& out, const ProbeTask& baseline, T ProbeTask::*factor, const std::vector<T>& values) {
  for (const T& value : values) {
    out.push_back(baseline);
    out.back().*factor = value;
  }
}

}  // namespace

std::string ProbeTask::setting() const {
  std::string text = "V" + std::to_string(vocabulary) + " L" + std::to_string(length) + " N" + std::to_string(examples);
  if (name == "noisy-recall") text += " noise " + format_g(noise);
  if (name == "selective-copying") text += " copy " + std::to_string(copy);
  if (name == "mqar") text += " K" + std::to_string(pairs);
  return text;
}

TokenBatch probe_examples(const ProbeTask& task, ProbeSplit split, int64_t first, int64_t n, uint64_t seed) {
  const uint64_t identity = checksum64(task.name + " " + task.setting());
  TokenBatch out;
  for (int64_t i = 0; i < n; ++i) {
    Stream s("probe", {identity, static_cast<uint64_t>(split), seed, static_cast<uint64_t>(first + i)});
    const Example e = make_example(task, s, split == ProbeSplit::kTrain);
    const auto length = static_cast<int64_t>(e.inputs.size());
    if (i == 0) out = {at::empty({n, length}, at::kLong), at::empty({n, length}, at::kLong)};
    std::copy(e.inputs.begin(), e.inputs.end(), out.inputs.data_ptr<int64_t>() + i * length);
    std::copy(e.targets.begin(), e.targets.end(), out.targets.data_ptr<int64_t>() + i * length);
  }
  return out;
}

double probe_chance(const ProbeTask& task) {
  const int64_t v = task.vocabulary;
  int64_t n = v / 2;  // mqar
  if (task.name == "in-context-recall" || task.name == "noisy-recall")
    n = recall_tokens(task) - recall_tokens(task) / 2;
  if (task.name == "fuzzy-recall" || task.name == "memorization") n = (v - 1) - (v - 1) / 2;
  if (task.name == "selective-copying") n = v - 2;
  if (task.name == "compression") n = v - 1;
  return 1.0 / static_cast<double>(n);
}

std::vector<ProbeTask> full_probe_tasks() {
  std::vector<ProbeTask> out;
  const std::vector<int64_t> fewer{6400, 3200, 1600, 800};
  const auto add = [&](ProbeTask b, const std::vector<int64_t>& vocabularies, const std::vector<int64_t>& lengths) {
    out.push_back(b);
    vary(out, b, &ProbeTask::vocabulary, vocabularies);
    vary(out, b, &ProbeTask::length, lengths);
    if (b.name != "memorization") vary(out, b, &ProbeTask::examples, fewer);
    if (b.name == "noisy-recall") vary(out, b, &ProbeTask::noise, {0.4, 0.6, 0.8});
    if (b.name == "selective-copying") vary<int64_t>(out, b, &ProbeTask::copy, {32, 64, 96});
  };
  add({"in-context-recall"}, {32, 64, 128}, {256, 512, 1024});
  add({"fuzzy-recall"}, {32, 64, 128}, {256, 512, 1024});
  add({"noisy-recall", 32, 128, 12'800, 0.2}, {48, 80, 144}, {256, 512, 1024});
  add({"selective-copying", 16, 256}, {32, 64, 128}, {512, 1024});
  add({"compression", 16, 32}, {32, 64, 128}, {64, 128, 256});
  add({"memorization", 256, 32, 256}, {512, 1024, 2048, 4096, 8192}, {});
  for (auto [length, pairs] : std::vector<std::pair<int64_t, int64_t>>{{64, 4}, {128, 8}, {256, 16}, {512, 64}})
    out.push_back({"mqar", 8192, length, 100'000, 0, 16, pairs});
  return out;
}

std::vector<ProbeTask> fast_probe_tasks() {
  constexpr int64_t kAll = 1 << 20;  // more than are seen: no example comes twice
  return {{"in-context-recall", 32, 64, kAll}, {"fuzzy-recall", 16, 64, kAll},
          {"noisy-recall", 48, 64, kAll, 0.4}, {"selective-copying", 16, 48, kAll, 0, 8},
          {"compression", 16, 16, kAll},       {"memorization", 512, 32, 256},
          {"mqar", 256, 48, kAll, 0, 16, 4}};
}

}  // namespace gradus
