/// A design's dealings with models: prompts rendered, answers recorded or fetched, caps held. What a call is answered
/// depends on its name alone once it is recorded: a flow run again goes the same way without asking anybody.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/client.h"
#include "agent/models.h"
#include "agent/prompts.h"
#include "agent/transcript.h"
#include "base/error.h"
#include "design/experiment.h"

namespace gradus {

/// A cap would be passed by the next call's forecast. `design`: the design's own, which is a verdict on it.
struct OverBudget : Error {
  OverBudget(const std::string& text, bool of_design) : Error(text), design(of_design) {}
  bool design;
};
/// An answer stayed unreadable after all mends.
struct UnreadableAnswer : Error {
  using Error::Error;
};
/// In place of the call that would come next, where only its prompt is wanted.
struct ShownPrompt {
  std::string text;
};

/// A process's side of it, for all designs.
class Desk {
 public:
  /// How its calls are answered, beside what the experiment says.
  struct Mode {
    bool show_prompt = false;  // not at all: the prompt of the first one that is not recorded is thrown
    bool replay = false;       // from transcripts alone, and checks are made again
  };
  explicit Desk(const Experiment& experiment, Mode mode = {false, false});
  const Experiment& experiment() const { return experiment_; }
  const AgentSettings& settings() const { return experiment_.settings().agents; }
  const std::string& backend() const { return experiment_.settings().propose.agent; }
  bool show_prompt() const { return mode_.show_prompt; }
  bool replays() const { return mode_.replay || backend() == "replay"; }

 private:
  friend class Session;
  struct Spent {
    double tokens = 0, dollars = 0;
    std::map<std::string, double> by_role;
  };
  Spent spent() const;  // by everybody, from the ledger

  const Experiment& experiment_;
  Mode mode_;
  Client client_;
};

class Session {
 public:
  Session(Desk& desk, const DesignName& design);

  using Json = nlohmann::json;
  std::string ask(Role role, const std::string& call, const std::string& prompt, const Json& values,
                  const Json& schema = {});
  /// Held to the schema and to `check` (what is wrong, "" nothing); mended by further calls.
  Json ask_json(Role role, const std::string& call, const std::string& prompt, const Json& values, const Json& schema,
                const std::function<std::string(const Json&)>& check = {});

  Desk& desk() { return desk_; }
  const DesignName& design() const { return design_; }
  Transcript& transcript() { return transcript_; }
  std::string model(Role role) const;
  /// Of all answers that this flow has used so far, recorded or new: the same in every repetition.
  double tokens() const { return tokens_; }
  double dollars() const { return dollars_; }

 private:
  std::string use(const RecordedAnswer& answer);
  void fetch(Role role, const Intent& intent, const ModelSettings& model);
  void fetch_by_mail(const Intent& intent);
  void hold_design_caps(const Intent& intent, const ModelSettings& model) const;
  void hold_caps(Role role, const Intent& intent, const ModelSettings& model) const;
  void record(const Intent& intent, const ChatAnswer& answer, double dollars, double seconds);

  Desk& desk_;
  DesignName design_;
  Transcript transcript_;
  double tokens_ = 0, dollars_ = 0;
};

}  // namespace gradus
