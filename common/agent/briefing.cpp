#include "agent/briefing.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;
constexpr size_t kLongestText = 6000;  // of a quoted proposal or unit, bytes

std::string shorten(const std::string& text, size_t most = kLongestText) {
  return text.size() <= most ? text : text.substr(0, most) + "\n[cut off here]";
}

std::string one_line(std::string text, size_t most) {
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text.size() <= most ? text : text.substr(0, most) + " …";
}

std::string score_of(const Experiment& experiment, int generation, const std::string& name) {
  const auto selection = experiment.read_selection(generation, "parents");
  if (!selection) return "";
  for (const Chosen& c : selection->chosen)
    if (c.design == name)
      return format_fixed(c.estimate, 4) + " bits per byte better than the baseline (" + format_fixed(c.lower, 4) +
             " to " + format_fixed(c.upper, 4) + ")" + (c.reason.empty() ? "" : "; " + c.reason);
  return "";
}

std::string dynamics_of(const Experiment& experiment, const DesignName& d) {
  std::vector<Path> runs;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(experiment.directory(d) / "runs", none))
    if (std::filesystem::exists(entry.path() / "pretrain.yaml")) runs.push_back(entry.path());
  std::sort(runs.begin(), runs.end());
  std::string out;
  for (size_t i = 0; i < runs.size() && i < 4; ++i) {
    const auto r = read_yaml<RunResult>(runs[i] / "pretrain.yaml");
    out += (i ? "; " : "") + runs[i].filename().string() + " " + r.verdict + ", bits per byte " +
           format_fixed(r.bits_per_byte_half, 3) + " at half of the tokens, " + format_fixed(r.bits_per_byte, 3) +
           " at the end";
  }
  return out;
}

std::string why_refused(const Path& directory) {
  const auto check = read_yaml_if_exists<CheckResult>(directory / "check.yaml");
  if (check && !check->passed)
    return "refused by " + check->reason + (check->unit.empty() ? "" : " in " + check->unit) + ": " + check->evidence;
  const auto built = read_yaml_if_exists<Implementation>(directory / "implement.yaml");
  if (built && !built->built) return "not built: " + built->reason;
  const auto review = read_yaml_if_exists<Review>(directory / "review.yaml");
  if (review && !review->accepted && !review->reasons.empty()) return "rejected: " + review->reasons.front();
  return "";
}

std::string title_of(const std::string& page) {
  const std::string line = page.substr(0, page.find('\n'));
  const size_t start = line.find_first_not_of("# ");
  return start == line.npos ? "" : line.substr(start);
}

std::map<std::string, double> word_counts(const std::string& text) {
  std::map<std::string, double> out;
  std::string word;
  for (size_t i = 0; i <= text.size(); ++i) {
    const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : ' ';
    if (std::isalnum(c) || c >= 0x80) {
      word += char(std::tolower(c));
    } else if (!word.empty()) {
      ++out[word];
      word.clear();
    }
  }
  return out;
}

/// Cosines of one text with others, words weighted by ln((1 + N) / (1 + n_with)) + 1 over all of them.
std::vector<double> cosines(const std::string& text, const std::vector<std::string>& others) {
  std::vector<std::map<std::string, double>> counts{word_counts(text)};
  for (const std::string& other : others) counts.push_back(word_counts(other));
  std::map<std::string, double> documents;
  for (const auto& c : counts)
    for (const auto& [word, n] : c) ++documents[word];
  const auto weight = [&](const std::string& word) {
    return std::log((1 + double(counts.size())) / (1 + documents[word])) + 1;
  };
  const auto dot = [&](const std::map<std::string, double>& a, const std::map<std::string, double>& b) {
    double sum = 0;
    for (const auto& [word, n] : a)
      if (const auto m = b.find(word); m != b.end()) sum += n * m->second * weight(word) * weight(word);
    return sum;
  };
  std::vector<double> out;
  const double own = dot(counts[0], counts[0]);
  for (size_t i = 1; i < counts.size(); ++i) {
    const double norm = std::sqrt(own * dot(counts[i], counts[i]));
    out.push_back(norm > 0 ? dot(counts[0], counts[i]) / norm : 0);
  }
  return out;
}

}  // namespace

std::string class_name_of(const std::string& source) {
  std::string name;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("class ")) continue;
    const size_t end = line.find_first_of("(: ", 6);
    name = line.substr(6, end == line.npos ? end : end - 6);
  }
  return name;
}

std::string tree_line(const Design& design, const UnitStore& units) {
  if (design.root.unit.empty()) return "(nothing yet)";
  return to_line(design, [&](const std::string& hash) {
    const std::string name = units.has(hash) ? class_name_of(units.source(hash)) : "";
    return name.empty() ? hash : name;
  });
}

json describe_parents(const Experiment& experiment, int generation, const std::vector<Parent>& parents,
                      bool with_sources) {
  const UnitStore units = experiment.units();
  json out = json::array();
  for (const Parent& p : parents) {
    json one{{"name", p.name},
             {"tree", tree_line(p.design, units)},
             {"score", score_of(experiment, generation, p.name)},
             {"proposal", ""},
             {"dynamics", ""},
             {"units", json::array()}};
    if (const auto d = DesignName::parse(p.name)) {
      one["proposal"] = shorten(read_file_if_exists(experiment.directory(*d) / "proposal.md").value_or(""));
      one["dynamics"] = dynamics_of(experiment, *d);
    }
    std::set<std::string> seen;
    for (const SlotPath& path : all_paths(p.design)) {
      const std::string& hash = find_node(p.design, path)->unit;
      if (with_sources && seen.insert(hash).second)
        one["units"].push_back({{"slot", path.empty() ? "root" : path}, {"source", shorten(units.source(hash))}});
    }
    out.push_back(one);
  }
  return out;
}

json describe_siblings(const Experiment& experiment, const DesignName& design, const std::vector<std::string>& parents,
                       int n) {
  json out = json::array();
  for (const DesignName& d : experiment.designs(design.generation)) {
    if (!(d < design) || int(out.size()) >= n) break;
    const Path directory = experiment.directory(d);
    const auto origin = read_yaml_if_exists<Origin>(directory / "origin.yaml");
    if (!origin) continue;
    const bool related = std::any_of(origin->parents.begin(), origin->parents.end(), [&](const std::string& p) {
      return std::find(parents.begin(), parents.end(), p) != parents.end();
    });
    if (!related) continue;
    const auto review = read_yaml_if_exists<Review>(directory / "review.yaml");
    out.push_back(one_line(title_of(read_file_if_exists(directory / "proposal.md").value_or("")), 200) +
                  (review ? " (rated " + format_g(review->rating) + ")" : ""));
  }
  return out;
}

json describe_failures(const Experiment& experiment, const DesignName& design, int n) {
  json out = json::array();
  for (int g = design.generation; g >= std::max(1, design.generation - 1); --g) {
    auto designs = experiment.designs(g);
    for (auto d = designs.rbegin(); d != designs.rend() && int(out.size()) < n; ++d)
      if (*d != design)
        if (const std::string why = why_refused(experiment.directory(*d)); !why.empty())
          out.push_back(d->text() + ": " + one_line(why, 300));
  }
  return out;
}

double text_likeness(const std::string& a, const std::string& b, const std::vector<std::string>& background) {
  std::vector<std::string> others{b};
  others.insert(others.end(), background.begin(), background.end());
  return cosines(a, others).front();
}

std::vector<TextRelative> text_relatives(const Experiment& experiment, const DesignName& design,
                                         const std::string& text, size_t n) {
  std::vector<TextRelative> out;
  std::vector<std::string> pages;
  for (const DesignName& d : experiment.all_designs()) {
    if (!(d < design) || d.generation == 0) continue;
    if (auto page = read_file_if_exists(experiment.directory(d) / "proposal.md")) {
      out.push_back({d.text(), one_line(title_of(*page), 200), 0});
      pages.push_back(std::move(*page));
    }
  }
  const auto likeness = cosines(text, pages);
  for (size_t i = 0; i < out.size(); ++i) out[i].likeness = likeness[i];
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.likeness > b.likeness; });
  if (out.size() > n) out.resize(n);
  return out;
}

}  // namespace gradus
