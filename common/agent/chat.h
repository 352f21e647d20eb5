/// The OpenAI-compatible chat protocol: one request to a model, one answer, streamed or not. What hosted services,
/// vLLM, llama.cpp and `transformers serve` speak. Nothing is tried twice here: see client.h.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/http.h"

namespace gradus {

struct ChatMessage {
  std::string role;  // system, user, assistant
  std::string text;
};

struct ChatRequest {
  std::vector<ChatMessage> messages;
  double temperature = 1;
  int64_t answer_tokens = 4096;
  uint64_t seed = 0;      // of the server's draws, where it has such
  nlohmann::json schema;  // of the answer, where the server holds answers to one; null: free text
};

struct ChatAnswer {
  std::string text;
  std::string finish;  // stop, length, …
  int64_t input_tokens = 0, output_tokens = 0;
  bool counted = false;  // by the server; else estimated
};

struct Endpoint {
  std::string url;    // up to /v1
  std::string model;  // its name there
  std::string key;    // empty: none is sent
  bool structured = false, stream = true, system = true;
  std::string answer_field = "max_tokens";
};

/// How an exchange went; `answer` only with kDone.
struct ChatResult {
  enum class Kind {
    kDone,
    kAgain,    // 408, 409, 429, 5xx, a time-out, a broken or garbled answer: may go better next time
    kRefused,  // the server will say the same again: 4xx
    kStopped   // by a signal
  } kind = Kind::kDone;
  ChatAnswer answer;
  std::string fault;        // for people; no key
  double wait_seconds = 0;  // the server's Retry-After; 0: it did not say
  double seconds = 0;
};

/// The JSON body. Text is made valid UTF-8 first.
std::string chat_body(const Endpoint& endpoint, const ChatRequest& request);
ChatResult chat_once(const Endpoint& endpoint, const ChatRequest& request, const TransportSettings& limits);

/// About how many tokens a text has: a token for 3.5 bytes, the mean of English and code being nearer to 4.
int64_t estimate_tokens(std::string_view text);
/// Bytes that are no UTF-8 become U+FFFD, control characters but tab and line break are dropped.
std::string clean_utf8(std::string_view text);

}  // namespace gradus
