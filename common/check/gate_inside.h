/// The gate's inside: one object examines one design. Only the sources of the gate include this.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/blame.h"
#include "check/gate.h"
#include "check/plan.h"
#include "check/state.h"

namespace gradus {

inline constexpr double kGflop = 1e9;

/// Runs the checks in order; each adds Measurements to `result`; the first refusal is the verdict, and the tier it
/// falls in the last.
class Gate {
 public:
  Gate(const Design& design, const UnitStore& units, const GateSettings& settings, CheckResult& result)
      : design_(design),
        units_(units),
        settings_(settings),
        check_(settings.check),
        result_(result),
        scale_(settings.scales.at(settings.shape_scale)),
        last_(tier_of(settings.check.tier)) {}
  void run();

 private:
  // gate.cpp: tiers, verdicts, whom to name
  bool fast();
  bool full();
  /// The measurements of the learning tier; the first "no" is the verdict.
  void take(const Measurement& m, const std::string& hint);
  bool learning();
  /// The slot whose unit's file a traceback names; files are named by hash.
  std::string unit_of(const std::string& file) const;
  /// The slot whose unit's class a finding names ("Mixer.calls"), the deepest first.
  std::string unit_of_class(const std::string& text) const;
  /// "blocks.2.mixer.qkv.weight": the deepest slot along the name. Attributes are often named like their slots.
  std::string unit_of_parameter(const std::string& name) const;
  /// Times one check and turns a unit's error into a refusal in the unit's own words. False: something was refused.
  bool step(const std::string& name, const std::function<void()>& check);
  void measure(const std::string& name, const std::string& verdict, double value, double limit,
               const std::string& evidence);
  void refuse(const std::string& name, const std::string& unit, const std::string& evidence, const std::string& hint,
              double value = 0, double limit = 0);

  // gate_model.cpp: does it stand, fit, pass signals and gradients, and keep nothing?
  void structure();
  void fit();
  /// Blocks of the models under test from now on; they are made anew.
  void set_depth(int64_t n_blocks);
  /// Two where a pass over all cuts of the whole depth would take more than a quarter of the fast tier's FLOPs, unless
  /// blocks may know where they stand: the full tier sees the whole.
  int64_t fast_depth() const;
  bool knows_layer() const;
  /// Models under test, made once: as initialised and with opened gates.
  Subject& initial();
  Subject& opened();
  int64_t short_length() const { return std::min<int64_t>(scale_.context, kShort); }
  /// Before it is fitted: does it stand, run and keep the shape?
  void build();
  void start();
  void hidden();
  void gradient();
  void signal();
  void finite_in_float32();
  /// As it is trained: float32 with its dropout active, at the context; bfloat16; twice the context.
  void precision();
  void refuse_state(const StateFinding& found);
  void repeated();
  void state(int n_calls);

  // gate_leaks.cpp: does it see what it must not?
  std::string evidence_of(const Leak& leak, const Blame& blame) const;
  Blame blame(const Leak& leak);
  void batch(const std::vector<Mode>& modes);
  /// The passes that fit into the budget and have not run yet.
  void causality(double budget);
  /// Of a leak that shows at one cut of the context only.
  double miss_probability() const;
  void refuse_leak(const Leak& leak, const Pass& pass);
  void token();

  // gate_cost.cpp: what does it cost?
  /// `wanted` tokens, or the context where a unit does not run beyond it.
  int64_t longest_run(int64_t wanted);
  void beyond_context(int64_t length, const UnitError& e);  // a warning, once
  /// Growth of counts over three lengths, and their dependence on values.
  void exponents(int64_t longest);
  void cost();
  void growth();
  /// What an inference engine keeps of 4,096 tokens: by rank, so caches and states are counted alike.
  void state_bytes();
  Subject& seed_subject();
  void time();

  const Design& design_;
  const UnitStore& units_;
  const GateSettings& settings_;
  const CheckSettings& check_;
  CheckResult& result_;
  const Scale& scale_;
  const Tier last_;
  const UnitStore seed_units_;
  Shape shape_;
  int64_t depth_ = 2;  // blocks of the whole model
  uint64_t hash_ = 0;
  std::optional<Recipe> recipe_;
  std::set<int64_t> literals_;
  std::optional<Subject> initial_, opened_, scrambled_, seed_;
  Subject* leak_subject_ = nullptr;  // whose leak is traced, where not the opened one's
  std::optional<StateWatch> watch_;
  std::vector<Pass> passes_;
  std::vector<bool> done_;
  bool refuses_beyond_ = false;  // a unit does not run beyond the context
};

}  // namespace gradus
