/// The settings a tool works by: its sections of a configuration file (`--config`, else EXP/experiment.yaml), with
/// `--set` on top.
///
///   ReviewSettings review;
///   ToolSettings settings(args, experiment / "experiment.yaml");
///   settings.read("review", review);
///   if (settings.finish()) return kDone;      // --print-config: printed
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "base/tool.h"

namespace gradus {

/// `rules.*`, `scales.*` and `seeds.*` are frozen in an experiment, and tools whose every setting is so take no --set:
/// UsageError naming `new`. run_tool asks for every tool but `new`.
void refuse_frozen(const Args& args);

/// --print-config of a tool that works on an experiment: the file of the first path named, which is complete as `new`
/// has frozen it, with --set on top; a key that it does not hold is refused. False: no path is in an experiment, or the
/// tool makes experiments; then the tool prints its own.
bool print_frozen_settings(const Args& args);

class ToolSettings {
 public:
  /// `file` may be empty or missing (defaults and --set only); a missing --config is an error.
  ToolSettings(const Args& args, const Path& file);

  /// Fills `settings` from a section ("review", "agents.proposer"); faults wait for finish().
  template <HasFields T>
  void read(const std::string& section, T& settings) {
    read_settings(find(section), settings, faults_, section);
    sections_.push_back(section);
    resolved_.push_back(write_value(settings));
  }

  /// Throws all faults at once, --set of a section that was not read among them. With --print-config prints the
  /// resolved sections and returns true: the tool is done.
  bool finish();

  const YAML::Node& document() const { return document_; }
  const std::string& name() const { return name_; }  // of the file, for messages

 private:
  YAML::Node find(const std::string& section) const;

  const Args& args_;
  std::string name_;
  YAML::Node document_;
  Faults faults_;
  std::vector<std::string> sections_;
  std::vector<YAML::Node> resolved_;
};

}  // namespace gradus
