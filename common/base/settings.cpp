#include "base/settings.h"

#include <algorithm>
#include <set>

namespace gradus {
namespace {

std::string choose_name(const Args& args, const Path& file) {
  if (!args.config.empty()) return args.config;
  return file.empty() ? "--set" : file.native();
}

}  // namespace

void refuse_frozen(const Args& args) {
  for (const auto& [key, value] : args.settings) {
    for (const std::string frozen : {"rules", "scales", "seeds"}) {
      if (key == frozen || key.starts_with(frozen + ".")) {
        throw UsageError("cannot set '" + key + "': " + frozen +
                         " are part of what an experiment's results mean; change them by 'gradus new' with --set " +
                         key + "=" + value);
      }
    }
  }
  static const std::set<std::string> kWithout{"prepare", "propose", "review", "implement", "check",
                                              "select",  "export",  "report", "try"};
  if (!args.settings.empty() && !args.print_config && kWithout.count(args.verb))
    throw UsageError("'" + args.verb +
                     "' takes no --set: it works by the settings that the experiment was made with; " +
                     "make one by 'gradus new' with --set " + args.settings[0].first + "=" + args.settings[0].second);
}

namespace {

// EXP/experiment.yaml for a path that is EXP or within it; "" if none.
Path experiment_file(const Path& path) {
  std::error_code ignored;
  for (Path at = std::filesystem::absolute(path, ignored); !at.empty(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "experiment.yaml", ignored)) return at / "experiment.yaml";
    if (at == at.parent_path()) break;
  }
  return "";
}

void require_key(const YAML::Node& document, const std::string& dotted, const std::string& file) {
  YAML::Node at = document;
  std::string rest = dotted;
  for (size_t dot = 0; dot != rest.npos;) {
    dot = rest.find('.');
    const std::string key = rest.substr(0, dot);
    std::vector<std::string> known;
    for (const auto& entry : at) known.push_back(entry.first.Scalar());
    if (!at.IsMap() || std::find(known.begin(), known.end(), key) == known.end()) {
      const std::string near = nearest(key, known);
      throw UsageError("cannot set '" + dotted + "': '" + file + "' has no key '" + key + "'" +
                       (near.empty() ? "" : " (did you mean '" + near + "'?)"));
    }
    const YAML::Node& owner = at;
    at.reset(YAML::Node(owner[key]));
    if (dot != rest.npos) rest.erase(0, dot + 1);
  }
}

}  // namespace

bool print_frozen_settings(const Args& args) {
  if (args.verb == "new" || args.paths.empty()) return false;
  const Path file = args.config.empty() ? experiment_file(args.paths[0]) : Path(args.config);
  if (file.empty()) return false;
  YAML::Node document = load_yaml(file);
  for (const auto& [key, value] : args.settings) {
    require_key(document, key, file.native());
    set_value(document, key, value);
  }
  print_text(to_yaml(document));
  return true;
}

ToolSettings::ToolSettings(const Args& args, const Path& file)
    : args_(args), name_(choose_name(args, file)), document_(YAML::NodeType::Map), faults_(name_) {
  if (!args.config.empty()) {
    document_ = load_yaml(args.config);
  } else if (!file.empty() && std::filesystem::exists(file)) {
    document_ = load_yaml(file);
  }
  if (document_.IsNull()) document_ = YAML::Node(YAML::NodeType::Map);
  if (!document_.IsMap()) throw UsageError("cannot read '" + name_ + "': expected sections");
  for (const auto& [key, value] : args.settings) set_value(document_, key, value);
}

YAML::Node ToolSettings::find(const std::string& section) const {
  YAML::Node at = document_;
  for (size_t start = 0;;) {
    const size_t end = section.find('.', start);
    if (!at.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    const YAML::Node& owner = at;
    const YAML::Node next = owner[section.substr(start, end == section.npos ? end : end - start)];
    if (!next.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
    at.reset(next);
    if (end == section.npos) return at;
    start = end + 1;
  }
}

bool ToolSettings::finish() {
  for (const auto& [key, value] : args_.settings) {
    const bool known = std::any_of(sections_.begin(), sections_.end(),
                                   [&key = key](const std::string& s) { return key.starts_with(s + "."); });
    if (known) continue;
    const std::string section = key.substr(0, key.find('.')), near = nearest(section, sections_);
    std::string all;
    for (const std::string& s : sections_) all += (all.empty() ? "" : ", ") + s;
    throw UsageError("cannot set '" + key + "': this tool reads " + (all.empty() ? "no settings" : all) +
                     (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  }
  faults_.finish();
  if (!args_.print_config) return false;
  YAML::Node document(YAML::NodeType::Map);
  for (size_t i = 0; i < sections_.size(); ++i) {
    YAML::Node at = document;
    std::string rest = sections_[i];
    for (size_t dot; (dot = rest.find('.')) != rest.npos; rest.erase(0, dot + 1)) at.reset(at[rest.substr(0, dot)]);
    at[rest] = resolved_[i];
  }
  print_text(to_yaml(document));
  return true;
}

}  // namespace gradus
