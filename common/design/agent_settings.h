/// The part of experiment.yaml that agents with a language model behind them read. configs/reference.yaml explains it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace gradus {

struct ModelSettings {       // one model of an OpenAI-compatible endpoint
  std::string url;           // up to /v1; or address_file
  std::string address_file;  // a file whose first line is the url, written by slurm/llm-server.sbatch
  std::string model;         // its name there; empty: the name here
  std::string key_variable;  // environment variable with the key
  std::string key_file;      // or a file of mode 0600 with it
  double input_price = 0;    // dollars a million tokens
  double output_price = 0;
  int64_t context = 32'768;  // tokens, prompt and answer
  bool structured = false;   // the server holds answers to a JSON schema
  bool stream = true;        // ask for the answer piece by piece: a stall is noticed at once
  bool system = true;        // it knows the role `system`; else the words go to the first message of the user
  std::string answer_field = "max_tokens";  // what the server calls the largest answer
  template <class V>
  void fields(V& v) {
    v("url", url);
    v("address_file", address_file);
    v("model", model);
    v("key_variable", key_variable);
    v("key_file", key_file);
    v("input_price", input_price);
    v("output_price", output_price);
    v("context", context);
    v("structured", structured);
    v("stream", stream);
    v("system", system);
    v("answer_field", answer_field);
  }
};
struct RoleSettings {
  std::map<std::string, double> models;  // by weight; one is drawn for a design. Empty: the proposer's
  double temperature = 1;
  int64_t answer_tokens = 4096;  // the largest answer
  double dollars = 0;            // spent by the role in the whole experiment; 0: no cap
  template <class V>
  void fields(V& v) {
    v("models", models);
    v("temperature", temperature);
    v("answer_tokens", answer_tokens);
    v("dollars", dollars);
  }
};
struct TransportSettings {
  double connect_seconds = 10;
  double first_byte_seconds = 180;  // from the request to the first byte: the server's queue and its reading
  double idle_seconds = 60;         // between bytes
  double total_seconds = 900;
  int64_t answer_bytes = 2'000'000;   // an endless answer is cut off here
  int attempts = 6;                   // of a call that meets 408, 429, 5xx, a time-out or a broken connection
  double backoff_seconds = 1;         // before the second; doubled each time, half of it drawn
  double longest_wait_seconds = 120;  // also of a Retry-After
  int breaker_failures = 5;           // calls in a row that failed for good: the endpoint is left alone
  double breaker_seconds = 60;        // for so long
  template <class V>
  void fields(V& v) {
    v("connect_seconds", connect_seconds);
    v("first_byte_seconds", first_byte_seconds);
    v("idle_seconds", idle_seconds);
    v("total_seconds", total_seconds);
    v("answer_bytes", answer_bytes);
    v("attempts", attempts);
    v("backoff_seconds", backoff_seconds);
    v("longest_wait_seconds", longest_wait_seconds);
    v("breaker_failures", breaker_failures);
    v("breaker_seconds", breaker_seconds);
  }
};
struct AgentSettings {
  RoleSettings proposer, searcher, reviewer, planner, coder, observer;
  std::map<std::string, ModelSettings> models;  // besides those of configs/models.yaml, or instead of them
  TransportSettings transport;
  double mailbox_seconds = 0;  // how long to wait for an answer file before the design is given back as waiting
  int search_rounds = 3;
  bool rebuttal = true;        // the reviewer sees the proposer's answer to the last refusal
  double near_text = 0.8;      // a proposal's text as near as this to an earlier one's is refused
  int corrections = 5;         // calls to mend an answer that cannot be read
  int unit_attempts = 7;       // of the coder at one unit
  int failed_rounds = 3;       // units given up before the design is
  int unit_budget = 0;         // answers of the coder for one design in all; 0: no cap
  double observer_rating = 3;  // a unit rated below is written again
  bool use_planner = true, use_observer = true, use_checker = true;
  bool direct = false;                    // the whole block in one answer, the baseline
  int beam = 1;                           // alternatives kept for each unit
  int64_t design_tokens = 0, tokens = 0;  // caps; 0: none
  double design_dollars = 0, dollars = 0;
  template <class V>
  void fields(V& v) {
    v("proposer", proposer);
    v("searcher", searcher);
    v("reviewer", reviewer);
    v("planner", planner);
    v("coder", coder);
    v("observer", observer);
    v("models", models);
    v("transport", transport);
    v("mailbox_seconds", mailbox_seconds);
    v("search_rounds", search_rounds);
    v("rebuttal", rebuttal);
    v("near_text", near_text);
    v("corrections", corrections);
    v("unit_attempts", unit_attempts);
    v("failed_rounds", failed_rounds);
    v("unit_budget", unit_budget);
    v("observer_rating", observer_rating);
    v("use_planner", use_planner);
    v("use_observer", use_observer);
    v("use_checker", use_checker);
    v("direct", direct);
    v("beam", beam);
    v("design_tokens", design_tokens);
    v("tokens", tokens);
    v("design_dollars", design_dollars);
    v("dollars", dollars);
  }
};

}  // namespace gradus
