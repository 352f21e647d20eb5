#include "ladder/questions.h"

#include <algorithm>

#include "base/log.h"
#include "ladder/ablate.h"
#include "ladder/calibration.h"
#include "ladder/confirm.h"
#include "ladder/outlook.h"
#include "ladder/population.h"
#include "ladder/run_table.h"

namespace gradus {
namespace {

constexpr double kTableConfidence = 0.95;

std::string lines(const std::vector<Record>& records) {
  std::string out;
  for (const Record& r : records) out += to_line(r) + "\n";
  return out;
}

std::vector<DesignName> designs_named(const Args& args) {
  std::vector<DesignName> out;
  for (const std::string& name : args.all("design")) {
    const auto d = DesignName::parse(name);
    if (!d) throw UsageError("--design '" + name + "' is no design's name such as g001-003");
    out.push_back(*d);
  }
  return out;
}

/// The newest confirmation that is not over, so that asking again goes on with it; else the newest generation.
int generation_to_confirm(const Experiment& experiment) {
  const int newest = newest_generation(experiment, "confirm");
  for (int g = newest; g >= 0; --g)
    if (std::filesystem::exists(experiment.selection(g, "confirm")) &&
        !std::filesystem::exists(experiment.selection(g, "claims")))
      return g;
  return newest;
}

std::string confirmation(const Experiment& experiment, const Args& args) {
  ConfirmRequest request;
  request.generation = int(args.get_int("generation").value_or(generation_to_confirm(experiment)));
  if (request.generation < 0) throw UsageError("--generation must be 0 or more");
  request.scale = args.get_or("scale", "");
  if (const auto second = args.get("second")) request.second = *second;
  request.designs = designs_named(args);
  const ConfirmationState state = confirm(experiment, request, args.force);
  std::vector<Record> out;
  for (const auto& [design, run] : state.wanted) out.push_back({design, Verdict::kOk, run, {"confirm"}});
  return lines(state.over ? selection_records(experiment, state.claims) : out);
}

std::string ablation(const Experiment& experiment, const Args& args) {
  const auto designs = designs_named(args);
  if (designs.size() != 1) throw UsageError("--ablate wants one --design such as g001-003");
  const Experiment own(open_ablation(experiment, designs[0], args.get_or("scale", "")));
  std::vector<Record> out{{own.directory({0, 0}).string(),
                           Verdict::kOk,
                           ".",
                           {"reference", ".", ".", ".", ".", designs[0].text() + " itself"}}};
  for (const AblationEffect& e : ablation_effects(own)) {
    const auto number = [&](double v) { return e.known ? format_g(v) : std::string("."); };
    out.push_back({own.directory(e.design).string(),
                   Verdict::kOk,
                   ".",
                   {e.origin.operation, e.origin.where.empty() ? "." : e.origin.where, number(e.effect),
                    number(e.lower), number(e.upper), e.text}});
  }
  return lines(out);
}

}  // namespace

std::optional<std::string> select_question(const Experiment& experiment, const Args& args) {
  if (args.has("calibration")) return calibration_table(calibrate(experiment));
  if (args.has("outlook")) return outlook_table(look_ahead(experiment));
  if (args.has("confirm")) return confirmation(experiment, args);
  if (args.has("ablate")) return ablation(experiment, args);
  if (args.has("population")) {
    const RunPopulation population = build_population(experiment);
    write_population(experiment, population);
    return population_file(experiment).string() + "\t" + std::to_string(population.runs.size()) + " runs\n";
  }
  return std::nullopt;
}

std::optional<std::string> table_question(const Path& path, const Args& args) {
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  if (!args.has("calibration"))
    throw UsageError("'" + path.string() + "' is a file: a table answers --calibration alone");
  return calibration_table(calibrate(standings_of(read_run_table(path), kTableConfidence), {}, kTableConfidence, 0));
}

int newest_generation(const Experiment& experiment, const std::string& stage) {
  int generation = 1;
  for (int g : experiment.generations()) generation = std::max(generation, g);
  while (std::filesystem::exists(experiment.selection(generation + 1, "parents"))) ++generation;
  const bool closed = std::filesystem::exists(experiment.selection(generation, "close"));
  return stage == "parents" && closed ? generation + 1 : generation;
}

std::vector<Record> selection_records(const Experiment& experiment, const Selection& selection) {
  std::vector<Record> out;
  const auto detail = [](const Chosen& c) {
    return std::vector<std::string>{c.role, format_g(c.estimate), format_g(c.lower), format_g(c.upper), c.reason};
  };
  const auto name = [](const Chosen& c) {
    const auto d = DesignName::parse(c.design);
    if (!d) throw Error("'" + c.design + "' in the decision is no design");
    return *d;
  };
  for (const Chosen& c : selection.chosen) {
    if (c.runs.empty()) out.push_back({experiment.directory(name(c)).string(), Verdict::kOk, ".", detail(c)});
    for (const std::string& text : c.runs) {
      const auto run = RunName::parse(text);
      if (!run) throw Error("'" + text + "' in the decision is no run");
      out.push_back({experiment.directory(name(c)).string(), Verdict::kOk,
                     experiment.run_directory(name(c), *run).string(), detail(c)});
    }
  }
  for (const Chosen& c : selection.passed_over)
    out.push_back({experiment.directory(name(c)).string(), Verdict::kNo, ".", detail(c)});
  return out;
}

}  // namespace gradus
