#include "agent/transcript.h"

#include <ctime>

#include "base/error.h"
#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;

std::string now_text() {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc;
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&now, &utc));
  return text;
}

json request_json(const ChatRequest& request) {
  json messages = json::array();
  for (const ChatMessage& m : request.messages) messages.push_back({{"role", m.role}, {"text", clean_utf8(m.text)}});
  return {{"messages", messages},
          {"temperature", request.temperature},
          {"answer_tokens", request.answer_tokens},
          {"seed", request.seed},
          {"schema", request.schema}};
}

}  // namespace

Transcript::Transcript(const Experiment& experiment, const DesignName& design)
    : path_(experiment.root() / "transcripts" / design.text().substr(0, design.text().find('-')) /
            (design.text() + ".jsonl")) {
  if (!std::filesystem::exists(path_)) return;
  int number = 0;
  for (const std::string& text : read_lines(path_)) {
    ++number;
    const json line = json::parse(text, nullptr, false);
    try {
      if (line.is_discarded()) throw Error("not JSON");
      take(line);
    } catch (const std::exception& fault) {  // costs one call at most
      log_warning("'" + path_.string() + "', line " + std::to_string(number) + ": " + fault.what() + ": ignored");
    }
  }
}

void Transcript::take(const json& line) {
  const std::string event = line.at("event"), call = line.at("call");
  if (event == "intent") {
    ++open_[call];
  } else if (event == "answer") {
    if (open_[call] > 0) --open_[call];
    RecordedAnswer a{line.at("text"),         line.at("role"),          line.at("model"),
                     line.at("input_tokens"), line.at("output_tokens"), line.at("dollars")};
    answers_.emplace(call, std::move(a));  // the first holds
  } else if (event == "failed") {
    if (open_[call] > 0) --open_[call];
  } else if (event == "note") {
    notes_.emplace(call, line.at("value"));
  }
}

void Transcript::append(json line) {
  if (!std::filesystem::exists(path_)) {
    std::filesystem::create_directories(path_.parent_path());
    append_line(path_, json{{"event", "format"}, {"call", ""}, {"format", 1}}.dump());
  }
  line["time"] = now_text();
  append_line(path_, line.dump(-1, ' ', false, json::error_handler_t::replace), true);
  take(line);
}

const RecordedAnswer* Transcript::find(const std::string& call) const {
  const auto found = answers_.find(call);
  return found == answers_.end() ? nullptr : &found->second;
}

void Transcript::begin(const Intent& intent) {
  append({{"event", "intent"},
          {"call", intent.call},
          {"role", intent.role},
          {"model", intent.model},
          {"prompts", intent.prompts},
          {"request", request_json(intent.request)}});
}

void Transcript::answer(const Intent& intent, const ChatAnswer& answer, double dollars, double seconds) {
  append({{"event", "answer"},
          {"call", intent.call},
          {"role", intent.role},
          {"model", intent.model},
          {"text", answer.text},
          {"finish", answer.finish},
          {"input_tokens", answer.input_tokens},
          {"output_tokens", answer.output_tokens},
          {"counted", answer.counted},
          {"dollars", dollars},
          {"seconds", seconds}});
}

void Transcript::fail(const Intent& intent, const std::string& fault) {
  append({{"event", "failed"}, {"call", intent.call}, {"role", intent.role}, {"fault", fault}});
}

const json* Transcript::find_note(const std::string& call) const {
  const auto found = notes_.find(call);
  return found == notes_.end() ? nullptr : &found->second;
}

void Transcript::note(const std::string& call, const json& value) {
  if (!find_note(call)) append({{"event", "note"}, {"call", call}, {"value", value}});
}

double Transcript::dollars(const std::string& role) const {
  double sum = 0;
  for (const auto& [call, a] : answers_)
    if (role.empty() || a.role == role) sum += a.dollars;
  return sum;
}

double Transcript::tokens() const {
  double sum = 0;
  for (const auto& [call, a] : answers_) sum += double(a.input_tokens + a.output_tokens);
  return sum;
}

int Transcript::lost() const {
  int sum = 0;
  for (const auto& [call, n] : open_) sum += n;
  return sum;
}

}  // namespace gradus
