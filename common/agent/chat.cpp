#include "agent/chat.h"

#include <algorithm>

#include "base/unicode.h"

namespace gradus {
namespace {

using nlohmann::json;
using Kind = ChatResult::Kind;

json messages_of(const Endpoint& endpoint, const ChatRequest& request) {
  json out = json::array();
  std::string before;  // a system's words for a model that knows no such role
  for (const ChatMessage& m : request.messages) {
    if (m.role == "system" && !endpoint.system) {
      before += clean_utf8(m.text) + "\n\n";
    } else {
      out.push_back({{"role", m.role}, {"content", before + clean_utf8(m.text)}});
      before.clear();
    }
  }
  return out;
}

/// Sampled text from one choice, whole or a piece of a stream.
std::string text_of(const json& choice, const char* field) {
  const auto message = choice.find(field);
  if (message == choice.end() || !message->is_object()) return "";
  const auto content = message->find("content");
  return content != message->end() && content->is_string() ? content->get<std::string>() : "";
}

int64_t number_of(const json& mapping, const char* name) {
  const auto found = mapping.find(name);
  return found != mapping.end() && found->is_number_integer() ? std::max(int64_t(0), found->get<int64_t>()) : 0;
}

/// Takes what a document of the server says; false where it is none of this protocol.
bool take(const json& document, const char* field, ChatAnswer& answer) {
  if (!document.is_object()) return false;
  if (const auto usage = document.find("usage"); usage != document.end() && usage->is_object()) {
    answer.input_tokens = number_of(*usage, "prompt_tokens");
    answer.output_tokens = number_of(*usage, "completion_tokens");
    answer.counted = answer.input_tokens > 0;
  }
  const auto choices = document.find("choices");
  if (choices == document.end() || !choices->is_array()) return false;
  for (const json& choice : *choices) {
    if (!choice.is_object()) return false;
    answer.text += text_of(choice, field);
    if (const auto why = choice.find("finish_reason"); why != choice.end() && why->is_string()) answer.finish = *why;
  }
  return true;
}

/// Server-sent events: lines "data: {…}" up to "data: [DONE]".
class EventReader {
 public:
  explicit EventReader(ChatAnswer& answer) : answer_(answer) {}
  /// False: it is complete.
  bool feed(std::string_view piece) {
    line_ += piece;
    for (size_t end; (end = line_.find('\n')) != line_.npos; line_.erase(0, end + 1))
      if (!line(line_.substr(0, end))) return false;
    return true;
  }
  bool finished() const { return done_ || !answer_.finish.empty(); }
  const std::string& fault() const { return fault_; }

 private:
  bool line(std::string text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    if (!text.starts_with("data:")) return true;
    text.erase(0, text.find_first_not_of(' ', 5) == text.npos ? text.size() : text.find_first_not_of(' ', 5));
    if (text == "[DONE]") return !(done_ = true);
    const json document = json::parse(clean_utf8(text), nullptr, false);
    if (!document.is_discarded() && document.contains("error")) fault_ = document["error"].dump();
    if (document.is_discarded() || !take(document, "delta", answer_)) {
      if (fault_.empty()) fault_ = "an event of its stream is not of the chat protocol";
      return false;
    }
    return true;
  }
  ChatAnswer& answer_;
  std::string line_, fault_;
  bool done_ = false;
};

/// The server's own words about an error, shortened to one line.
std::string words_of(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  std::string text = body;
  if (document.is_object() && document.contains("error")) {
    const json& error = document["error"];
    text = error.is_object() && error.contains("message") && error["message"].is_string()
               ? error["message"].get<std::string>()
               : error.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  text = clean_utf8(text.substr(0, 300));
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

ChatResult failed(Kind kind, const Endpoint& endpoint, const std::string& text, const HttpAnswer& http) {
  return {
      kind, {}, "'" + endpoint.url + "' (" + endpoint.model + "): " + text, http.retry_after.value_or(0), http.seconds};
}

void count(const ChatRequest& request, ChatAnswer& answer) {
  if (answer.counted) return;
  answer.input_tokens = 0;
  for (const ChatMessage& m : request.messages) answer.input_tokens += estimate_tokens(m.text);
  answer.output_tokens = estimate_tokens(answer.text);
}

}  // namespace

int64_t estimate_tokens(std::string_view text) { return int64_t(double(text.size()) / 3.5) + 4; }

std::string clean_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const std::string_view character : characters(text)) {
    const char32_t c = code_point(character);
    const size_t n = character.size();
    // No byte by itself, no overlong form, no surrogate, nothing beyond U+10FFFF.
    const bool lawful = n == 1   ? c < 0x80
                        : n == 2 ? true
                        : n == 3 ? c >= 0x800 && (c < 0xD800 || c > 0xDFFF)
                                 : static_cast<unsigned char>(character[0]) < 0xF5 && c >= 0x10000 && c <= 0x10FFFF;
    if (!lawful)
      out += "\xEF\xBF\xBD";
    else if (c >= 0x20 || c == '\t' || c == '\n')
      out += character;
  }
  return out;
}

std::string chat_body(const Endpoint& endpoint, const ChatRequest& request) {
  json body{{"model", endpoint.model},
            {"messages", messages_of(endpoint, request)},
            {"temperature", request.temperature},
            {endpoint.answer_field, request.answer_tokens},
            {"seed", request.seed & 0x7FFFFFFF}};
  if (endpoint.stream) body["stream"] = true, body["stream_options"] = {{"include_usage", true}};
  if (endpoint.structured && !request.schema.is_null())
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", request.schema}}}};
  return body.dump();
}

ChatResult chat_once(const Endpoint& endpoint, const ChatRequest& request, const TransportSettings& limits) {
  HttpRequest http{
      endpoint.url + "/chat/completions", chat_body(endpoint, request), {"Content-Type: application/json"}};
  if (!endpoint.key.empty()) http.headers.push_back("Authorization: Bearer " + endpoint.key);
  ChatResult result;
  EventReader events(result.answer);
  if (endpoint.stream) http.on_piece = [&](std::string_view piece) { return events.feed(piece); };
  const HttpAnswer got = exchange(http, limits);
  result.seconds = got.seconds;
  if (got.fault == HttpAnswer::Fault::kStopped) return failed(Kind::kStopped, endpoint, got.text, got);
  if (got.fault != HttpAnswer::Fault::kNone) return failed(Kind::kAgain, endpoint, got.text, got);
  if (got.status != 200) {
    const bool again = got.status == 408 || got.status == 409 || got.status == 429 || got.status >= 500;
    return failed(again ? Kind::kAgain : Kind::kRefused, endpoint,
                  "status " + std::to_string(got.status) + ": " + words_of(got.body), got);
  }
  if (endpoint.stream && !events.fault().empty()) return failed(Kind::kAgain, endpoint, events.fault(), got);
  if (!endpoint.stream || (result.answer.text.empty() && !events.finished())) {  // some servers ignore `stream`
    const json document = json::parse(clean_utf8(got.body), nullptr, false);
    if (document.is_discarded())
      return failed(Kind::kAgain, endpoint, endpoint.stream ? "its stream ended early" : "its answer is no JSON", got);
    result.answer = {};
    if (!take(document, "message", result.answer))
      return failed(Kind::kAgain, endpoint, "its answer is not of the chat protocol: " + words_of(got.body), got);
  } else if (!events.finished()) {
    return failed(Kind::kAgain, endpoint, "its stream ended early", got);
  }
  result.answer.text = clean_utf8(result.answer.text);
  count(request, result.answer);
  return result;
}

}  // namespace gradus
