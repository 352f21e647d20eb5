#include "eval/generate.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/progress.h"
#include "base/rng.h"

namespace gradus {
namespace {

constexpr size_t kBatchRows = 16;

struct Answer {
  size_t context = 0;  // its number
  std::vector<uint32_t> tokens;
  size_t n_context = 0;
  bool done = false;
};

/// Where the first of `until` begins; the size of the text if none is there.
size_t find_end(const std::string& text, const std::vector<std::string>& until) {
  size_t end = text.size();
  for (const auto& stop : until)
    if (!stop.empty()) end = std::min(end, text.find(stop));
  return end;
}

std::string text_of(const Vocabulary& vocabulary, const Answer& answer) {
  return vocabulary.decode({answer.tokens.begin() + static_cast<long>(answer.n_context), answer.tokens.end()});
}

/// One token more for each answer that is not done.
void step(LanguageModel& model, std::vector<Answer>& answers, const Vocabulary& vocabulary,
          const GenerateOptions& options, int64_t most) {
  std::vector<Answer*> open;
  size_t width = 0;
  for (auto& answer : answers)
    if (!answer.done) open.push_back(&answer), width = std::max(width, answer.tokens.size());
  at::Tensor tokens = at::zeros({static_cast<int64_t>(open.size()), static_cast<int64_t>(width)}, at::kLong);
  for (size_t i = 0; i < open.size(); ++i)
    std::copy(open[i]->tokens.begin(), open[i]->tokens.end(), tokens.data_ptr<int64_t>() + i * width);
  const at::Tensor hidden = model.hidden(tokens);
  for (size_t i = 0; i < open.size(); ++i) {
    Answer& answer = *open[i];
    const auto last = static_cast<int64_t>(answer.tokens.size()) - 1;
    const at::Tensor row =
        at::mm(hidden[static_cast<int64_t>(i)].narrow(0, last, 1), model.head().t()).to(at::kFloat).contiguous();
    const std::vector<float> logits(row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
    const size_t n_new = answer.tokens.size() - answer.n_context;
    Stream stream("generate", {options.seed, answer.context, n_new});
    const int64_t token = draw_token(logits, options, stream.next_uniform());
    if (token == vocabulary.end_of_document()) {
      answer.done = true;
      continue;
    }
    answer.tokens.push_back(static_cast<uint32_t>(token));
    const std::string text = text_of(vocabulary, answer);
    answer.done = static_cast<int64_t>(n_new) + 1 >= most || find_end(text, options.until) < text.size();
  }
}

}  // namespace

int64_t draw_token(const std::vector<float>& logits, const GenerateOptions& options, double uniform) {
  const auto most = std::max_element(logits.begin(), logits.end());
  if (options.temperature <= 0) return most - logits.begin();
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  if (options.top_k > 0 && options.top_k < static_cast<int64_t>(order.size()))
    order.resize(static_cast<size_t>(options.top_k));
  std::vector<double> weights;
  double all = 0;
  for (const int64_t i : order)
    all += weights.emplace_back(std::exp((logits[static_cast<size_t>(i)] - *most) / options.temperature));
  size_t n = 0;
  double kept = 0;
  while (n < weights.size() && (n == 0 || kept < options.top_p * all)) kept += weights[n++];
  double at = uniform * kept;
  for (size_t i = 0; i < n; ++i)
    if ((at -= weights[i]) < 0) return order[i];
  return order[n - 1];
}

std::vector<std::string> generate(LanguageModel& model, const Vocabulary& vocabulary,
                                  const std::vector<std::string>& contexts, const GenerateOptions& options,
                                  int64_t max_length, const Communicator& communicator) {
  const at::NoGradGuard no_grad;
  model.set_training(false);
  const int64_t most = std::max<int64_t>(1, std::min(options.most_tokens, max_length / 2));
  const auto room = static_cast<size_t>(max_length - most);
  const auto width = static_cast<size_t>(most);
  std::vector<double> table(contexts.size() * width, 0.0);  // tokens plus 1: summed over the ranks
  Progress progress("writing", static_cast<double>(contexts.size()), "answers");
  for (size_t first = 0, batch = 0; first < contexts.size(); first += kBatchRows, ++batch) {
    if (static_cast<int>(batch) % communicator.size() != communicator.rank()) continue;
    std::vector<Answer> answers;
    for (size_t i = first; i < std::min(contexts.size(), first + kBatchRows); ++i) {
      auto tokens = vocabulary.encode(contexts[i]);
      if (tokens.empty()) tokens = {vocabulary.end_of_document()};
      if (tokens.size() > room) tokens.erase(tokens.begin(), tokens.end() - static_cast<long>(room));
      const size_t n = tokens.size();
      answers.push_back({i, std::move(tokens), n, false});
    }
    while (std::any_of(answers.begin(), answers.end(), [](const Answer& a) { return !a.done; }))
      step(model, answers, vocabulary, options, most);
    for (const auto& answer : answers)
      for (size_t k = answer.n_context; k < answer.tokens.size(); ++k)
        table[answer.context * width + k - answer.n_context] = answer.tokens[k] + 1.0;
    progress.update(static_cast<double>(answers.back().context + 1));
  }
  communicator.sum(table);
  model.set_training(true);
  std::vector<std::string> out;
  for (size_t i = 0; i < contexts.size(); ++i) {
    std::vector<uint32_t> tokens;
    for (size_t k = 0; k < width && table[i * width + k] > 0; ++k)
      tokens.push_back(static_cast<uint32_t>(table[i * width + k] - 1));
    const std::string text = vocabulary.decode(tokens);
    out.push_back(text.substr(0, find_end(text, options.until)));
  }
  return out;
}

}  // namespace gradus
