#include <cmath>

#include "base/log.h"
#include "check/batch.h"
#include "check/gate_inside.h"

namespace gradus {

std::string Gate::evidence_of(const Leak& leak, const Blame& blame) const {
  return leak.how + (std::isfinite(leak.size) ? ", by " + format_g(leak.size) + " of the largest" : "") +
         (blame.where.empty() ? "" : "; made in " + blame.where);
}

Blame Gate::blame(const Leak& leak) {
  try {
    if (leak.one.defined()) return blame_leak(leak_subject_ ? *leak_subject_ : opened(), leak);
  } catch (const std::exception&) {  // the verdict stands without it
  }
  return {};
}

void Gate::batch(const std::vector<Mode>& modes) {
  Leak worst;
  for (Mode mode : modes)
    worst.take(try_batch(opened(), mode, std::min<int64_t>(short_length() - 3, 24), check_.leak_tolerance, hash_));
  if (!(worst.severity <= 1)) {
    const Blame found = blame(worst);
    return refuse("batch", found.slot, evidence_of(worst, found),
                  "no statistics over the batch, nothing that depends on its size", worst.size, check_.leak_tolerance);
  }
  measure("batch", "ok", worst.size, check_.leak_tolerance, "");
}

void Gate::causality(double budget) {
  if (passes_.empty()) {
    const int64_t probe = std::min<int64_t>(scale_.context, 128);
    const CallCost cost(cost_at(opened(), probe / 2), cost_at(opened(), probe));
    scrambled_.emplace(*recipe_, Subject::Weights::kScrambled);
    passes_ = causality_passes({opened(), initial(), *scrambled_}, cost, scale_.context, literals_,
                               check_.leak_tolerance, hash_, check_.full_gflop * kGflop, settings_.exhaustive);
    done_.assign(passes_.size(), false);
  }
  Leak worst;
  bool overflow = false;
  size_t n_run = 0, n_left = 0;
  for (size_t i = 0; i < passes_.size(); ++i) {
    const Pass& pass = passes_[i];
    if (done_[i]) continue;
    if (!pass.always && pass.flops > budget) {
      ++n_left;
      continue;
    }
    if (pass.beyond && refuses_beyond_) continue;
    budget -= pass.flops;
    done_[i] = true;
    ++n_run;
    Leak leak;
    try {
      leak = pass.run();
    } catch (const UnitError& e) {
      if (pass.lenient) continue;
      if (!pass.beyond) throw;
      beyond_context(pass.length, e);
      continue;
    }
    if (pass.lenient && !std::isfinite(leak.size)) continue;
    if (leak.overflow) {
      overflow = true;
      continue;
    }
    worst.take(leak);
    if (worst.severity <= 1) continue;
    leak_subject_ = pass.subject;
    refuse_leak(worst, pass);
    leak_subject_ = nullptr;
    return;
  }
  const double missed = miss_probability();
  measure("causality", "ok", worst.size, check_.leak_tolerance,
          std::to_string(n_run) + " passes, " + std::to_string(n_left) +
              " beyond the budget; a leak at a single cut of the context is missed with probability " +
              format_g(missed));
  if (overflow)
    measure("overflow", "warning", 0, 0, "values x30 or x100 overflow and reach what comes before them as NaN");
}

double Gate::miss_probability() const {
  double missed = 1;
  for (size_t i = 0; i < passes_.size(); ++i)
    if (done_[i] && passes_[i].length == scale_.context && scale_.context > 1)
      missed *= 1 - std::min(1.0, static_cast<double>(passes_[i].n_cuts) / static_cast<double>(scale_.context - 1));
  return missed;
}

void Gate::refuse_leak(const Leak& leak, const Pass& pass) {
  Blame found = blame(leak);
  if (found.where.empty())
    found.slot = blame_alone(design_, units_, [&](const Design& part) {
      Recipe recipe{part, units_, shape_, recipe_->multiplier, hash_};
      recipe.shape.n_blocks = 1;
      Subject alone(recipe, Subject::Weights::kOpened);
      const double tolerance = check_.leak_tolerance;
      if (pass.name.starts_with("gradients"))
        return try_gradients(alone, leak.mode.training, pass.length, edge_cuts(pass.length, literals_, 8, hash_),
                             tolerance, hash_)
                   .severity > 1;
      return try_cuts(alone,
                      {.mode = leak.mode,
                       .length = pass.length,
                       .cuts = edge_cuts(pass.length, literals_, 16, hash_),
                       .tolerance = tolerance},
                      hash_)
                 .severity > 1;
    });
  refuse("causality", found.slot, evidence_of(leak, found),
         leak.one.defined() && !leak.other.defined()
             ? "bound what is divided, rooted or exponentiated"
             : "position t may use positions 0 … t only: mask, pad on the left, and let no statistic, index or length "
               "run over the whole sequence",
         leak.size, check_.leak_tolerance);
}

void Gate::token() {
  Leak worst;
  for (const auto& path : all_paths(design_)) {
    const UnitNode* node = find_node(design_, path);
    const auto& interface = units_.interface(node->unit);
    if (interface.kind != UnitKind::kToken || !interface.required_inputs.empty()) continue;
    const Design part{*node};
    Recipe recipe{part, units_, shape_, recipe_->multiplier, hash_};
    recipe.shape.n_blocks = 1;
    Subject alone(recipe, Subject::Weights::kOpened);
    for (Mode mode : {kModes[0], kModes[2]})
      worst.take(try_token(alone, mode, std::min<int64_t>(short_length(), 24), check_.leak_tolerance, hash_));
    if (!(worst.severity <= 1))
      return refuse("token", path.empty() ? "root" : path,
                    interface.class_name + " says it is of kind token, but position " + std::to_string(worst.position) +
                        " changes by " + format_g(worst.size) + " (" + worst.how + ")",
                    "declare KIND = \"sequence\", or use only the position itself", worst.size, check_.leak_tolerance);
  }
  measure("token", "ok", worst.size, check_.leak_tolerance, "");
}

}  // namespace gradus
