#include "check/blame.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/nan_to_num.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "design/block.h"

namespace gradus {
namespace {

constexpr double kAgreement = 1e-12;  // of the largest: what leaks has been found above a tolerance far larger

struct Call {
  SlotPath slot;
  std::string class_name;
  bool is_slot = false;  // the filler itself, no module inside it
  std::vector<at::Tensor> inputs, outputs;
};

void collect(const Value& v, std::vector<at::Tensor>& out) {
  if (is_tensor(v)) out.push_back(to_tensor(v).detach().clone());
  if (v.is(Kind::kTuple))
    for (const Value& item : v.as<Tuple>().items) collect(item, out);
  if (v.is(Kind::kList))
    for (const Value& item : v.as<List>().items) collect(item, out);
  if (v.is(Kind::kDict))
    for (const auto& e : v.as<Dict>().entries())
      if (e.key.defined()) collect(e.value, out);
}

/// All module calls of one run, in the order in which they finish.
std::vector<Call> record(Subject& subject, const at::Tensor& x, Mode mode) {
  std::vector<Call> open, finished;
  BlockBuilder& builder = subject.model().builder();
  Interpreter& in = builder.interpreter();
  set_module_observer(in, [&](const ModuleCall& call) {
    if (call.enter) {
      Call c;
      const auto slot = builder.slot_of(call.module);
      c.is_slot = slot.has_value();
      c.slot = slot ? *slot : open.empty() ? SlotPath() : open.back().slot;
      c.class_name = in.type_name(call.module);
      for (const Value& v : call.arguments->positional.subspan(1)) collect(v, c.inputs);
      for (const auto& [name, v] : call.arguments->keywords) collect(v, c.inputs);
      open.push_back(std::move(c));
    } else if (!open.empty()) {
      if (call.result) collect(*call.result, open.back().outputs);
      finished.push_back(std::move(open.back()));
      open.pop_back();
    }
  });
  subject(x, mode);
  set_module_observer(in, {});
  return finished;
}

bool close(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return true;
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  if (!at::isfinite(x).eq(at::isfinite(y)).all().item<bool>()) return false;
  const double scale = std::max(at::nan_to_num(y, 0.0, 0.0, 0.0).abs().max().item<double>(), 1e-300);
  return at::nan_to_num(x - y, 0.0, 0.0, 0.0).abs().max().item<double>() <= kAgreement * scale;
}

/// What of a tensor must agree: positions before the cut along a dimension of the input's length, or row 0.
struct Kept {
  int64_t length_one, length_other, cut;  // positions
  bool row;                               // else: row 0 of batches of these lengths
  /// nullopt: this tensor has no such dimension.
  std::optional<bool> agree(const at::Tensor& a, const at::Tensor& b) const {
    if (a.dim() != b.dim()) return std::nullopt;
    bool any = false;
    for (int64_t d = 0; d < (row ? std::min<int64_t>(1, a.dim()) : a.dim()); ++d) {
      if (a.size(d) != length_one || b.size(d) != length_other) continue;
      bool others = true;
      for (int64_t e = 0; e < a.dim(); ++e)
        if (e != d && a.size(e) != b.size(e)) others = false;
      if (!others) {  // (…, T, T): attention's own square; compared up to the cut in both
        if (row) continue;
        at::Tensor p = a, q = b;
        bool square = true;
        for (int64_t e = 0; e < a.dim(); ++e) {
          if (p.size(e) == q.size(e)) continue;
          if (a.size(e) == length_one && b.size(e) == length_other)
            p = p.narrow(e, 0, cut), q = q.narrow(e, 0, cut);
          else
            square = false;
        }
        if (!square) continue;
        any = true;
        if (close(p, q)) return true;
        continue;
      }
      any = true;
      if (close(a.narrow(d, 0, cut), b.narrow(d, 0, cut))) return true;
    }
    if (!any) return a.sizes() == b.sizes() && close(a, b) ? std::optional(true) : std::nullopt;
    return false;
  }
};

}  // namespace

Blame blame_leak(Subject& subject, const Leak& leak) {
  Blame blame;
  if (!leak.one.defined() || !leak.other.defined()) return blame;
  const bool row = leak.row >= 0;
  const Kept kept{leak.one.size(row ? 0 : 1), leak.other.size(row ? 0 : 1), row ? 1 : leak.cut, row};
  const std::vector<Call> one = record(subject, leak.one, leak.mode), other = record(subject, leak.other, leak.mode);
  if (one.size() != other.size()) return blame;
  int64_t block = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    const Call &a = one[i], &b = other[i];
    if (a.class_name != b.class_name || a.inputs.size() != b.inputs.size() || a.outputs.size() != b.outputs.size())
      return blame;
    bool clean = !a.inputs.empty(), spoilt = false;
    for (size_t k = 0; k < a.inputs.size(); ++k) clean = clean && kept.agree(a.inputs[k], b.inputs[k]).value_or(false);
    for (size_t k = 0; k < a.outputs.size(); ++k)
      spoilt = spoilt || !kept.agree(a.outputs[k], b.outputs[k]).value_or(true);
    if (clean && spoilt) {
      blame.slot = a.slot.empty() ? "root" : a.slot;
      blame.where = "block " + std::to_string(block) + ", " + a.class_name + (a.is_slot ? "" : " inside its unit");
      return blame;
    }
    if (a.is_slot && a.slot.empty()) ++block;
  }
  return blame;
}

SlotPath blame_alone(const Design& design, const UnitStore& units, const std::function<bool(const Design&)>& fails) {
  const auto paths = all_paths(design);
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    const UnitNode* node = find_node(design, *path);
    const auto& interface = units.interface(node->unit);
    if (interface.kind == UnitKind::kFunction || !interface.required_inputs.empty()) continue;
    try {
      if (fails(Design{*node})) return path->empty() ? "root" : *path;
    } catch (const std::exception&) {
      continue;  // cannot stand alone: its parent is tested next
    }
  }
  return "root";
}

}  // namespace gradus
