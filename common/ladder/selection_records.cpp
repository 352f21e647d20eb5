#include "ladder/selection_records.h"

#include "base/error.h"
#include "base/log.h"

namespace gradus {

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
