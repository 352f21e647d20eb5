#include "page/facts.h"

#include <algorithm>
#include <ctime>
#include <tuple>

#include "ladder/promote.h"

namespace gradus {
namespace fs = std::filesystem;
namespace {

struct Reader {
  Facts& facts;

  /// What cannot be read is named on the page, and the rest is read.
  template <class F>
  void attempt(const F& work) {
    try {
      work();
    } catch (const std::exception& fault) {
      facts.faults.push_back(fault.what());
    }
  }

  template <class T>
  std::optional<T> read(const Path& path) {
    std::optional<T> out;
    attempt([&] { out = read_yaml_if_exists<T>(path); });
    return out;
  }

  void read_tree(DesignFacts& design, const Path& at) {
    for (const char* file : {"design.yaml", "candidate.yaml"}) {
      if (design.tree) return;
      attempt([&] {
        if (fs::exists(at / file)) design.tree = read_design(load_yaml(at / file), (at / file).string());
      });
    }
  }

  void read_runs(DesignFacts& design, const Path& at) {
    std::error_code none;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(at / "runs", none)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const auto run = RunName::parse(name);
      if (!run) continue;
      design.runs.push_back({*run, read<RunResult>(at / "runs" / name / "pretrain.yaml"),
                             read<Evaluation>(facts.experiment.evaluation(design.name, *run))});
    }
  }

  void read_designs() {
    for (const DesignName& name : facts.experiment.all_designs()) {
      const Path at = facts.experiment.directory(name);
      DesignFacts design{name,
                         read<Origin>(at / "origin.yaml"),
                         read<Review>(at / "review.yaml"),
                         read<Implementation>(at / "implement.yaml"),
                         read<CheckResult>(at / "check.yaml"),
                         {},
                         {}};
      read_tree(design, at);
      read_runs(design, at);
      facts.index[name] = facts.designs.size();
      facts.designs.push_back(std::move(design));
    }
  }

  void read_rungs() {
    for (const std::string& rung : facts.experiment.settings().rungs) {
      facts.rungs.push_back({rung});
      attempt([&] { facts.rungs.back() = read_standings(facts.experiment, rung); });
    }
    for (Standings& standings : facts.rungs) {
      // Appeared since the designs were listed, or known to population.h5 alone.
      std::erase_if(standings.rows, [&](const Standing& row) { return !facts.index.contains(row.design); });
      facts.rows.emplace_back();
      for (const Standing& row : standings.rows) facts.rows.back()[row.design] = &row;
    }
  }

  void read_selections() {
    std::vector<std::string> stages = selection_stages(facts.experiment.settings());
    stages.push_back("claims");  // of select --confirm
    for (int generation : facts.experiment.generations())
      for (const std::string& stage : stages)
        attempt([&] {
          if (auto selection = facts.experiment.read_selection(generation, stage))
            facts.selections.push_back(std::move(*selection));
        });
  }

  void read_jobs() {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(facts.experiment.root() / "ledger", none)) {
      if (is_temporary(entry.path()) || entry.path().extension() != ".tsv") continue;
      JobFacts job{entry.path().stem(), 0, {}};
      attempt([&] { job.lines = read_ledger_file(entry.path()); });
      const size_t dash = job.name.rfind('-');
      if (dash != std::string::npos) job.start = parse_time(job.name.substr(dash + 1));
      facts.jobs.push_back(std::move(job));
    }
    std::sort(facts.jobs.begin(), facts.jobs.end(), [](const JobFacts& a, const JobFacts& b) {
      return std::tie(a.start, a.name) < std::tie(b.start, b.name);
    });
  }
};

}  // namespace

const Standing* Facts::standing(size_t rung, const DesignName& design) const {
  const auto row = rows[rung].find(design);
  return row == rows[rung].end() ? nullptr : row->second;
}

int Facts::highest_rung(const DesignName& design) const {
  for (size_t rung = rungs.size(); rung-- > 0;)
    if (standing(rung, design)) return int(rung);
  return -1;
}

Facts read_facts(const Experiment& experiment) {
  Facts facts{experiment};
  Reader reader{facts};
  reader.read_designs();
  reader.read_rungs();
  reader.read_selections();
  reader.read_jobs();
  facts.canaries = reader.read<CanaryRecord>(experiment.root() / "canaries.yaml");
  return facts;
}

Admission admission_of(const DesignFacts& design) {
  using Fate = Admission::Kind;
  if (design.review && !design.review->accepted)
    return {Fate::kRefused,
            "review: " + (design.review->reasons.empty() ? "rejected" : design.review->reasons.front())};
  if (design.implementation && !design.implementation->built)
    return {Fate::kRefused, "implement: " + design.implementation->reason};
  if (design.check && design.check->passed) return {Fate::kPassed, ""};
  if (design.check) return {Fate::kRefused, "check: " + design.check->reason};
  if (design.name.generation == 0) return {Fate::kUnfinished, "check"};
  return {Fate::kUnfinished, !design.review ? "review" : !design.implementation ? "implement" : "check"};
}

std::string folder_name(const Experiment& experiment) {
  Path path = fs::absolute(experiment.root()).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.filename().string();
}

double parse_time(const std::string& text) {
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%SZ"}) {
    std::tm utc{};
    const char* end = ::strptime(text.c_str(), form, &utc);
    if (end != nullptr && *end == '\0') return double(::timegm(&utc));
  }
  return 0;
}

std::string time_text(double seconds) {
  char text[32];
  const auto whole = std::time_t(seconds);
  std::tm utc;
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&whole, &utc));
  return text;
}

std::string last_class(const std::string& source) {
  const std::string text = "\n" + source;
  const size_t at = text.rfind("\nclass ");
  if (at == std::string::npos) return "";
  const size_t start = at + 7;
  return text.substr(start, text.find_first_of("(: ", start) - start);
}

std::string class_name(const UnitStore& units, const std::string& hash) {
  try {
    const std::string name = last_class(units.source(hash));
    return name.empty() ? hash : name;
  } catch (const Error&) {
    return hash;
  }
}

}  // namespace gradus
