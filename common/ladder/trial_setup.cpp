#include "ladder/trial_setup.h"

#include <algorithm>

#include "check/gate.h"
#include "ladder/block_file.h"

namespace gradus {

Settings trial_settings(const std::string& scale_name, double tolerance) {
  const auto scale = builtin_scales().find(scale_name);
  if (scale == builtin_scales().end()) {
    const std::string near = nearest(scale_name, ladder_order(builtin_scales()));
    throw UsageError("no scale '" + scale_name + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  }
  Settings s;
  s.name = "try";
  s.rungs = {scale_name};
  s.scales = {{scale_name, scale->second}};
  s.check.parameter_tolerance = s.check.block_tolerance = tolerance;
  s.pretrain.checkpoint_steps = std::max<int64_t>(1, scale->second.steps() / 2);
  s.pretrain.validate_steps = s.pretrain.checkpoint_steps;
  s.evaluate.tokens = 65'536;
  return s;
}

/// A design directory with its tree and the gate's verdict; `match`: the fit it must follow in parameters.
CheckResult admit(const Experiment& experiment, const DesignName& name, const Design& design, const Fit* match) {
  const Path directory = experiment.directory(name);
  if (const auto known = read_yaml_if_exists<CheckResult>(directory / "check.yaml"); known && !match) return *known;
  write_file(directory / "design.yaml", to_yaml(write_design(design)));
  const GateJob job{to_yaml(write_design(design)), (experiment.root() / "units").string()};
  CheckResult check = check_in_child({job}, gate_settings(experiment.settings())).front();
  if (match && check.passed) {
    const std::string& scale = experiment.settings().rungs.front();
    check.fits[scale] = match_parameters(design, experiment.units(), experiment.scale(scale), *match);
  }
  write_yaml(directory / "check.yaml", check);
  return check;
}

std::string refusal(const CheckResult& check) {
  return check.reason + ": " + check.evidence + (check.hint.empty() ? "" : " (" + check.hint + ")");
}

}  // namespace gradus
