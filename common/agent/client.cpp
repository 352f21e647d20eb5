#include "agent/client.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/log.h"
#include "base/signals.h"

namespace gradus {

using Kind = ChatResult::Kind;

bool sleep_unless_stopped(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!stop_requested() && Clock::now() < end) {
    const std::chrono::duration<double> left = end - Clock::now();
    std::this_thread::sleep_for(std::min(left, std::chrono::duration<double>(0.05)));
  }
  return !stop_requested();
}

// Jitter must differ between the tasks of an array, which start together: it alone is drawn from the process.
Client::Client(const TransportSettings& settings, Sleep sleep)
    : settings_(settings),
      sleep_(sleep ? std::move(sleep) : Sleep(sleep_unless_stopped)),
      jitter_("jitter", {uint64_t(::getpid()), uint64_t(Clock::now().time_since_epoch().count())}) {}

double Client::pause(int attempt, double asked_seconds) {
  const double full = settings_.backoff_seconds * std::pow(2.0, attempt);
  const double drawn = full * (0.5 + 0.5 * jitter_.next_uniform());
  // What the server asks for is the least, and its clients must not come back all at once either.
  const double wait = asked_seconds > 0 ? asked_seconds + 0.1 * drawn : drawn;
  return std::min(wait, settings_.longest_wait_seconds);
}

ChatResult Client::ask(const Endpoint& endpoint, const ChatRequest& request) {
  Breaker& breaker = breakers_[endpoint.url];
  if (breaker.failures >= settings_.breaker_failures && Clock::now() < breaker.until) {
    const std::chrono::duration<double> left = breaker.until - Clock::now();
    return {Kind::kAgain,
            {},
            "'" + endpoint.url + "' failed " + std::to_string(breaker.failures) +
                " calls in a row and is left alone for another " + format_duration(left.count())};
  }
  ChatResult result;
  for (int attempt = 0; attempt < settings_.attempts; ++attempt) {
    ++n_requests_;
    result = chat_once(endpoint, request, settings_);
    if (result.kind == Kind::kDone) breaker.failures = 0;
    if (result.kind != Kind::kAgain) return result;
    if (attempt + 1 == settings_.attempts) break;
    const double wait = pause(attempt, result.wait_seconds);
    log_info(result.fault + "; again in " + format_duration(wait));
    if (!sleep_(wait)) return {Kind::kStopped, {}, "stopped by a signal"};
  }
  result.fault += " (attempt " + std::to_string(settings_.attempts) + " of " + std::to_string(settings_.attempts) + ")";
  if (++breaker.failures >= settings_.breaker_failures)
    breaker.until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(settings_.breaker_seconds));
  return result;
}

}  // namespace gradus
