/// Asks until there is an answer: pauses between attempts (jittered, doubled, or as the server says), and a circuit
/// breaker for each endpoint, so that a dead server costs a batch of designs one wait and not one each.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "agent/chat.h"
#include "base/rng.h"

namespace gradus {

class Client {
 public:
  /// `sleep` waits so many seconds and returns false when stopped; for tests.
  using Sleep = std::function<bool(double seconds)>;
  explicit Client(const TransportSettings& settings, Sleep sleep = {});

  /// kDone, kRefused or kStopped, or kAgain where all attempts failed or the endpoint is left alone.
  ChatResult ask(const Endpoint& endpoint, const ChatRequest& request);
  int64_t n_requests() const { return n_requests_; }  // sent in all

 private:
  using Clock = std::chrono::steady_clock;
  struct Breaker {
    int failures = 0;
    Clock::time_point until;
  };
  double pause(int attempt, double asked_seconds);

  TransportSettings settings_;
  Sleep sleep_;
  Stream jitter_;
  std::map<std::string, Breaker> breakers_;  // by url
  int64_t n_requests_ = 0;
};

/// Sleeps in small steps; false as soon as a stop is requested.
bool sleep_unless_stopped(double seconds);

}  // namespace gradus
