/// What was asked of models for one design and what they answered: EXP/transcripts/gGGG/gGGG-SSS.jsonl, append-only.
/// A call has a name within its design ("propose/1/draft"). Its intent is written before the request, its answer after:
/// so an answered call is never made again, and of a killed job at most the one call under way is lost, and counted.
/// One file a design, not one a job: a resumed job must find its answers among those of ten thousand designs.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/chat.h"
#include "design/experiment.h"

namespace gradus {

struct RecordedAnswer {
  std::string text, role, model;
  int64_t input_tokens = 0, output_tokens = 0;
  double dollars = 0;
};

struct Intent {
  std::string call, role, model;
  std::string prompts;  // "coder.md@0123456789abcdef", the template and its hash
  ChatRequest request;
};

class Transcript {
 public:
  Transcript(const Experiment& experiment, const DesignName& design);

  const RecordedAnswer* find(const std::string& call) const;
  void begin(const Intent& intent);
  void answer(const Intent& intent, const ChatAnswer& answer, double dollars, double seconds);
  void fail(const Intent& intent, const std::string& fault);

  /// What the flow found out on the way, so that a resumed job need not find it out again ("told" of a unit).
  const nlohmann::json* find_note(const std::string& call) const;
  void note(const std::string& call, const nlohmann::json& value);

  double dollars(const std::string& role = "") const;  // of one role, or of all
  double tokens() const;
  int lost() const;  // requests without an answer or a fault: the job was killed meanwhile
  int answered() const { return int(answers_.size()); }
  const Path& path() const { return path_; }

 private:
  void take(const nlohmann::json& line);
  void append(nlohmann::json line);
  Path path_;
  std::map<std::string, RecordedAnswer> answers_;
  std::map<std::string, nlohmann::json> notes_;
  std::map<std::string, int> open_;  // call → intents not followed by anything
};

}  // namespace gradus
