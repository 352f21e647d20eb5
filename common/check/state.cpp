#include "check/state.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>

#include <map>
#include <set>
#include <unordered_set>

#include "check/input.h"
#include "design/block.h"
#include "unit/tensor/heap.h"

namespace gradus {
namespace {

/// Counters of functools.lru_cache, which no unit's output can sensibly depend on.
bool is_of_the_language(const std::string& where) {
  return where.starts_with("_Cached._hits") || where.starts_with("_Cached._misses");
}

}  // namespace

StateWatch::StateWatch(const Recipe& recipe, Subject& subject, double tolerance)
    : recipe_(recipe), subject_(subject), tolerance_(tolerance) {
  input_ = random_input({2, 12, subject.width()}, recipe.key + 3);
  for (Mode mode : kModes) first_.push_back(subject(input_, mode).detach().clone());
}

StateFinding StateWatch::compare(Subject& with, const std::string& how) {
  for (size_t i = 0; i < first_.size(); ++i) {
    const double size = relative_difference(with(input_, kModes[i]).detach(), first_[i]);
    if (!(size <= tolerance_)) return {how + ", " + to_string(kModes[i]), size, ""};
  }
  return {};
}

bool StateWatch::matters(const at::Tensor& held, Mode mode) {
  const at::NoGradGuard no_grad;
  at::Tensor t = held.detach();
  const at::Tensor before = t.clone();
  const at::Tensor y = subject_(input_, mode).detach();
  if (at::isFloatingType(t.scalar_type()))
    t.add_(random_input(t.sizes(), recipe_.key + 9).to(t.scalar_type()) *
           (1 + before.to(at::kDouble).abs().max().item<double>()));
  else
    t.add_(1000);
  bool same = false;
  try {
    same = at::equal(subject_(input_, mode).detach(), y);
  } catch (const UnitError&) {  // a changed index may be out of range: it matters
  }
  t.copy_(before);
  return !same;
}

StateFinding StateWatch::left_behind() {
  StateFinding found;
  for (Mode mode : {kModes[0], kModes[1]}) {
    for (int i = 0; i < 2; ++i) subject_(input_, mode);  // caches fill
    Interpreter& in = subject_.model().interpreter();
    const HeapSnapshot before(in);
    subject_(input_, mode);
    const HeapSnapshot after(in);
    for (const HeapSnapshot::Change& change : before.changes(after)) {
      if (is_of_the_language(change.where)) continue;
      if (change.is_tensor && change.tensor.numel() > 16 && !matters(change.tensor, mode)) {
        found.note = change.where + " changes with every call, without effect";
        continue;
      }
      found.how = "a call leaves something behind for the next: " + change.where + ", " + to_string(mode);
      found.size = 1;
      return found;
    }
  }
  return found;
}

StateFinding StateWatch::draws_or_writes() {
  const double drawn =
      relative_difference(subject_(input_, kModes[0], 1).detach(), subject_(input_, kModes[0], 2).detach());
  if (!(drawn <= tolerance_)) return {"the same input gives two outputs in eval mode: random draws", drawn, ""};
  for (Mode mode : kModes)
    if (subject_.writes_input(input_, mode)) return {"the block changes its input in place, " + to_string(mode), 1, ""};
  return {};
}

StateFinding StateWatch::repeat(int n_calls) {
  if (auto found = draws_or_writes(); !found.how.empty()) return found;
  const at::Tensor small = random_input({1, 4, subject_.width()}, recipe_.key + 4);
  const at::Tensor y = subject_(small, {}).detach();
  for (int i = 0; i < n_calls; ++i) {
    const Mode mode{i % 2 == 1, false};
    const at::Tensor again = subject_(small, mode).detach();
    const double size = i % 2 == 0 ? relative_difference(again, y) : 0;
    if (!(size <= tolerance_)) return {"call after call the same input gives another output", size, ""};
  }
  return {};
}

StateFinding StateWatch::finish(int n_calls) {
  if (auto found = repeat(n_calls); !found.how.empty()) return found;
  if (auto found = compare(subject_, "an instance that was used gives another output than at its first call");
      !found.how.empty())
    return found;
  Subject fresh(recipe_, Subject::Weights::kOpened);
  if (auto found = compare(fresh, "a new instance gives another output than the used one"); !found.how.empty())
    return found;
  return left_behind();
}

double rebuilt_difference(Subject& initial) {
  const at::NoGradGuard no_grad;
  DesignModel& model = initial.model();
  const at::Tensor x = random_input({1, 12, initial.width()}, initial.recipe().key + 8);
  initial.enter({});
  const Value again = model.builder().build(model.shape(), 0, initial.recipe().multiplier, 0);
  set_training(model.interpreter(), again, false);
  Value carry, other;
  return relative_difference(model.builder().run(again, 0, x, other), model.block(0, x, carry));
}

HiddenFinding find_hidden(const Recipe& recipe, double tolerance) {
  // Both new, both called once, alike: tables that are made when they are first asked for are the same in both.
  Subject subject(recipe, Subject::Weights::kInitial), other(recipe, Subject::Weights::kInitial, 1);
  const at::Tensor x = random_input({2, 12, subject.width()}, recipe.key + 6);
  subject(x, {}), other(x, {});
  Interpreter& here = subject.model().interpreter();
  Interpreter& there = other.model().interpreter();
  auto tensors = [](Subject& s) {
    std::vector<at::Tensor> out;
    for (const auto& p : s.model().parameters()) out.push_back(p.tensor);
    return out;
  };
  const std::vector<at::Tensor> ours = tensors(subject), theirs = tensors(other);
  std::unordered_set<uint64_t> known;
  for (const HeldTensor& t : held_tensors(there, theirs)) known.insert(t.content);
  const double limit = 0.01 * static_cast<double>(subject.model().block_parameter_count());
  double drawn = 0;
  std::string where;
  for (const HeldTensor& t : held_tensors(here, ours)) {
    if (t.is_parameter)
      return {"the parameter " + t.where + " belongs to no module: nothing would train or save it", 1, 0};
    if (known.count(t.content)) continue;
    drawn += static_cast<double>(t.tensor.numel());
    where += (where.empty() ? "" : ", ") + t.where;
  }
  if (drawn > limit)
    return {"numbers drawn at random outside the parameters (" + where + "): the parameter count does not see them",
            drawn, limit};
  // What the parameters and buffers do not carry from one model to the other.
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> buffers;
  for (const auto& b : subject.model().buffers()) buffers[b.name] = b.tensor;
  for (size_t i = 0; i < ours.size(); ++i) {
    if (theirs[i].sizes() != ours[i].sizes()) return {"its parameters have other shapes with another seed", 1, 0};
    theirs[i].detach().copy_(ours[i]);
  }
  for (const auto& b : other.model().buffers())
    if (const auto found = buffers.find(b.name); found != buffers.end() && found->second.sizes() == b.tensor.sizes())
      b.tensor.detach().copy_(found->second);
  const double size = relative_difference(other(x, {}).detach(), subject(x, {}).detach());
  if (!(size <= tolerance))
    return {"saved and loaded it gives another output: something drawn at random is neither parameter nor buffer", size,
            tolerance};
  return {"", drawn, limit};
}

}  // namespace gradus
