/// All that agents with a model need of one experiment, and the three things they do: propose, review, implement. A
/// process has one for each experiment.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/drafting.h"
#include "agent/library.h"
#include "agent/proposer.h"
#include "agent/session.h"
#include "agent/unit_check.h"
#include "agent/writing.h"
#include "base/tool.h"

namespace gradus {

class Studio {
 public:
  Studio(const Path& root, Desk::Mode mode);
  Studio(const Studio&) = delete;
  Studio& operator=(const Studio&) = delete;

  Proposer::Made propose(const DesignName& design);
  Review review(const DesignName& design);
  Writing::Result implement(const DesignName& design);
  Desk& desk() { return desk_; }

 private:
  Experiment experiment_;
  Desk desk_;
  Library library_;
  UnitChecker checker_;
};

/// The process's studio of an experiment; made when it is first asked for.
Studio& studio_of(const Path& root, const Args& args);
/// --show-prompt and --replay, of every tool that may ask a model.
std::vector<Option> studio_options(std::vector<Option> others = {});

/// A model's proposal and not a tree: a design of propose.agent openai, mailbox or replay. Error where neither is
/// there.
bool is_proposal_alone(const Experiment& experiment, const DesignName& design);

/// --show-prompt of a tool: `work` on each design named, up to the call that would come next, whose prompt is printed.
int show_prompts(const Args& args, const std::function<void(const Record&)>& work);

}  // namespace gradus
