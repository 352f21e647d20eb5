// What a candidate's units do when they run: in a child, since nobody has run them before.
#include <nlohmann/json.hpp>

#include "agent/novelty.h"
#include "base/child.h"
#include "design/fit.h"

namespace gradus {
namespace {

constexpr const char* kChild = "examine";

std::string answer(const std::string& request) {
  const auto job = nlohmann::json::parse(request);
  const Experiment experiment(Path(job.at("experiment").get<std::string>()));
  const Design design = read_design(parse_yaml(job.at("design").get<std::string>(), "candidate"), "candidate");
  Examination examination = examine(experiment, design);
  FieldWriter writer;
  examination.fields(writer);
  return to_yaml(writer.node);
}

Examination read_answer(const ChildAnswer& answer) {
  Examination examination;
  if (answer.kind != ChildAnswer::Kind::kAnswer) {
    examination.fault = "the candidate did not survive its first run: " + answer.text;
    return examination;
  }
  Faults faults("examination");
  read_settings(parse_yaml(answer.text, "examination"), examination, faults, "");
  faults.finish();
  return examination;
}

}  // namespace

Examination examine(const Experiment& experiment, const Design& design) {
  Examination e;
  const UnitStore units = experiment.units();
  const Scale& scale = experiment.scale(experiment.settings().rungs.front());
  try {
    const auto faults = tree_faults(design, units);
    if (!faults.empty()) {
      e.fault = faults.front();
      return e;
    }
    e.design_id = design_id(design, units);
    e.trace_id = trace_id(design, units);
    std::string why;
    e.fit = fit_design(design, units, scale, experiment.settings().check, &why);
    e.lawful = e.fit.fits;
    if (!e.lawful) e.fault = "no fit to the seed's parameters: " + why;
  } catch (const std::exception& error) {  // a unit's error is a verdict on the unit
    const std::string text = error.what();
    const size_t end = text.find_last_not_of('\n');
    const size_t start = text.rfind('\n', end);
    e.fault = "a unit does not run: " + text.substr(start == std::string::npos ? 0 : start + 1,
                                                    end - (start == std::string::npos ? size_t(-1) : start));
  }
  return e;
}

void register_examination_child() { register_child(kChild, answer); }

std::vector<Examination> examine_in_child(const Experiment& experiment, const std::vector<Design>& designs) {
  std::vector<std::string> requests;
  for (const Design& d : designs)
    requests.push_back(nlohmann::json{{"experiment", std::filesystem::absolute(experiment.root()).string()},
                                      {"design", to_yaml(write_design(d))}}
                           .dump());
  const auto& check = experiment.settings().check;
  ChildLimits limits;
  limits.seconds_per_request = check.seconds;
  limits.memory_bytes = uint64_t(check.memory_gb * 1e9);
  limits.readable = {std::filesystem::absolute(experiment.root()).string()};
  std::vector<Examination> out;
  if (requests.empty()) return out;
  for (const ChildAnswer& a : run_in_child(kChild, requests, limits)) out.push_back(read_answer(a));
  return out;
}

std::vector<KnownDesign> known_designs(const Experiment& experiment, const DesignName& candidate) {
  std::vector<KnownDesign> out;
  std::vector<Design> unknown;
  std::vector<size_t> places;
  for (const DesignName& d : experiment.all_designs()) {
    if (d == candidate) continue;
    const Path directory = experiment.directory(d);
    const auto review = read_yaml_if_exists<Review>(directory / "review.yaml");
    if (d > candidate && !(review && review->accepted)) continue;
    KnownDesign known{d.text(), {}, {}, {}};
    const Path tree =
        std::filesystem::exists(directory / "design.yaml") ? directory / "design.yaml" : directory / "candidate.yaml";
    if (!std::filesystem::exists(tree)) continue;
    try {
      known.design = read_design(load_yaml(tree), tree.string());
    } catch (const Error&) {
      continue;
    }
    if (const auto check = read_yaml_if_exists<CheckResult>(directory / "check.yaml")) {
      known.design_id = check->design_id, known.trace_id = check->trace_id;
      const auto fit = check->fits.find(experiment.settings().rungs.front());
      if (fit != check->fits.end()) known.flops_ratio = flops_ratio(fit->second);
    }
    if (known.trace_id.empty() && review)
      known.design_id = review->design_id, known.trace_id = review->trace_id, known.flops_ratio = review->flops_ratio;
    if (known.trace_id.empty() && !review) unknown.push_back(known.design), places.push_back(out.size());
    out.push_back(known);
  }
  const auto examined = examine_in_child(experiment, unknown);
  for (size_t i = 0; i < examined.size(); ++i) {
    KnownDesign& known = out[places[i]];
    known.design_id = examined[i].design_id, known.trace_id = examined[i].trace_id;
    known.flops_ratio = flops_ratio(examined[i].fit);
  }
  return out;
}

}  // namespace gradus
