#include "eval/likelihood.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/progress.h"
#include "base/unicode.h"
#include "eval/row_scores.h"

namespace gradus {
namespace {

constexpr int64_t kBatchTokens = 1024;       // of a forward pass: activations stay in the second cache
constexpr int64_t kBlockElements = 1 << 19;  // of logits, 2 MB: all rows of a batch, a block of the vocabulary

/// One forward pass of a token row; the requests it serves.
struct RowOfTokens {
  const uint32_t* tokens = nullptr;
  int64_t length = 0;  // of the input: without the last token
  std::vector<size_t> requests;
};

/// Sorted by tokens, so that a row that begins another comes just before it and is served by it.
std::vector<RowOfTokens> shared_rows(const std::vector<ScoredTokens>& requests) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  const auto input = [&](size_t i) { return std::pair(requests[i].tokens.begin(), requests[i].tokens.end() - 1); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto [a0, a1] = input(a);
    const auto [b0, b1] = input(b);
    const auto c = std::lexicographical_compare_three_way(a0, a1, b0, b1);
    return c != 0 ? c < 0 : a < b;
  });
  std::vector<RowOfTokens> rows;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const auto [begin, end] = input(*it);
    const auto length = end - begin;
    const bool shared = !rows.empty() && length <= rows.back().length && std::equal(begin, end, rows.back().tokens);
    if (!shared) rows.push_back({requests[*it].tokens.data(), length, {}});
    rows.back().requests.push_back(*it);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.length > b.length; });
  return rows;
}

/// Where each scored token of a batch is: a position of the hidden states, its target.
struct Places {
  std::vector<int64_t> positions, targets;         // unique positions may have several targets
  std::vector<std::pair<size_t, int64_t>> owners;  // request, number of its places
};

Places places_of(const std::vector<RowOfTokens>& rows, size_t first, size_t last, int64_t width,
                 const std::vector<ScoredTokens>& requests) {
  Places out;
  for (size_t r = first; r < last; ++r) {
    for (const size_t i : rows[r].requests) {
      const auto& request = requests[i];
      const auto n = static_cast<int64_t>(request.n_scored), size = static_cast<int64_t>(request.tokens.size());
      for (int64_t k = size - n; k < size; ++k) {
        out.positions.push_back(static_cast<int64_t>(r - first) * width + k - 1);
        out.targets.push_back(request.tokens[static_cast<size_t>(k)]);
      }
      out.owners.emplace_back(i, n);
    }
  }
  return out;
}

/// Log-probability and whether it is the likeliest, for each place. Blocks of the vocabulary outside, rows inside: the
/// matrix product packs each weight once a batch.
void score_places(const at::Tensor& hidden, const at::Tensor& head, const Places& places, std::vector<double>& nats,
                  std::vector<bool>& greedy) {
  const int64_t n = static_cast<int64_t>(places.positions.size()), d = hidden.size(1), v = head.size(0);
  const at::Tensor picked = at::empty({n, d}, at::kFloat);
  std::vector<RowScore> rows;
  for (int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<size_t>(i);
    std::copy_n(hidden.data_ptr<float>() + places.positions[k] * d, d, picked.data_ptr<float>() + i * d);
    rows.emplace_back(places.targets[k]);
  }
  const int64_t block = std::clamp<int64_t>(kBlockElements / n, std::min<int64_t>(256, v), v);
  for (int64_t first = 0; first < v; first += block) {
    const int64_t width = std::min(block, v - first);
    const at::Tensor logits = at::mm(picked, head.narrow(0, first, width).t());
    const float* row = logits.data_ptr<float>();
    for (int64_t i = 0; i < n; ++i) rows[static_cast<size_t>(i)].add(row + i * width, first, width);
  }
  for (size_t k = 0; k < rows.size(); ++k) {
    nats[k] = rows[k].log_probability();
    greedy[k] = rows[k].likeliest();
  }
}

std::vector<uint32_t> last_of(std::vector<uint32_t> tokens, int64_t n) {
  const auto size = static_cast<int64_t>(tokens.size());
  if (size > n) tokens.erase(tokens.begin(), tokens.begin() + (size - n));
  return tokens;
}

}  // namespace

ScoredTokens encode_pair(const Vocabulary& vocabulary, const std::string& context, const std::string& continuation,
                         int64_t max_length) {
  std::vector<uint32_t> all;
  size_t n_context = 1;
  if (context.empty()) {
    const uint32_t end = vocabulary.end_of_document();
    const auto scored = vocabulary.encode(continuation);
    if (scored.empty() || scored[0] != end) all.push_back(end);
    all.insert(all.end(), scored.begin(), scored.end());
  } else {
    const std::string kept(strip(context, {}, false, true));
    if (kept.empty()) throw Error("a context of white space alone cannot be scored");
    n_context = vocabulary.encode(kept).size();
    const auto whole = vocabulary.encode(context + continuation), before = vocabulary.encode(kept);
    all = before;
    if (whole.size() > n_context) all.insert(all.end(), whole.begin() + static_cast<long>(n_context), whole.end());
  }
  if (all.size() <= n_context) throw Error("the continuation '" + continuation.substr(0, 40) + "' has no token");
  const size_t n_scored = all.size() - n_context;
  if (static_cast<int64_t>(n_scored) > max_length)
    throw Error("a continuation of " + std::to_string(n_scored) + " tokens is longer than the model's context of " +
                std::to_string(max_length));
  return {last_of(std::move(all), max_length + 1), static_cast<uint32_t>(n_scored)};
}

std::vector<ScoredTokens> encode_rolling(const Vocabulary& vocabulary, const std::string& text, int64_t max_length) {
  std::vector<uint32_t> all{vocabulary.end_of_document()};
  const auto tokens = vocabulary.encode(text);
  if (tokens.empty()) throw Error("an empty text has no likelihood");
  all.insert(all.end(), tokens.begin(), tokens.end());
  std::vector<ScoredTokens> out;
  const auto size = static_cast<int64_t>(all.size());
  for (int64_t done = 1; done < size;) {
    const int64_t n = std::min(max_length, size - done), end = done + n;
    const int64_t begin = std::max<int64_t>(0, end - max_length - 1);
    out.push_back({{all.begin() + begin, all.begin() + end}, static_cast<uint32_t>(n)});
    done = end;
  }
  return out;
}

std::vector<Likelihood> score_likelihoods(LanguageModel& model, const std::vector<ScoredTokens>& requests,
                                          const Communicator& communicator) {
  const at::NoGradGuard no_grad;
  model.set_training(false);
  const auto rows = shared_rows(requests);
  std::vector<double> results(2 * requests.size(), 0.0);  // nats and greedy flags: summed over the ranks
  const at::Tensor head = model.head().detach().to(at::kFloat).contiguous();
  Progress progress("scoring", static_cast<double>(rows.size()), "rows");
  int64_t number = 0;
  for (size_t first = 0, last = 0; first < rows.size(); first = last, ++number) {
    const int64_t width = rows[first].length;
    last = std::min(rows.size(), first + static_cast<size_t>(std::max<int64_t>(1, kBatchTokens / width)));
    if (number % communicator.size() != communicator.rank()) continue;
    at::Tensor tokens = at::zeros({static_cast<int64_t>(last - first), width}, at::kLong);
    for (size_t r = first; r < last; ++r)
      std::copy_n(rows[r].tokens, rows[r].length, tokens.data_ptr<int64_t>() + static_cast<int64_t>(r - first) * width);
    const at::Tensor hidden = model.hidden(tokens).to(at::kFloat).reshape({tokens.numel(), -1}).contiguous();
    const Places places = places_of(rows, first, last, width, requests);
    std::vector<double> nats(places.positions.size());
    std::vector<bool> greedy(places.positions.size());
    score_places(hidden, head, places, nats, greedy);
    size_t k = 0;
    for (const auto& [request, n] : places.owners) {
      bool all = true;
      for (int64_t j = 0; j < n; ++j, ++k) results[2 * request] += nats[k], all = all && greedy[k];
      results[2 * request + 1] = all;
    }
    progress.update(static_cast<double>(last));
  }
  communicator.sum(results);
  model.set_training(true);
  std::vector<Likelihood> out(requests.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = {results[2 * i], results[2 * i + 1] > 0.5};
  return out;
}

}  // namespace gradus
