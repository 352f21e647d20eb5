/// One HTTP exchange by libcurl with time-outs of its own for each phase, so that a server that is slow to begin is
/// told from one that has stalled. No redirects are followed: a key must not travel to another host.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "design/agent_settings.h"

namespace gradus {

struct HttpRequest {
  std::string url;                   // http:// or https://
  std::optional<std::string> body;   // POST; none: GET
  std::vector<std::string> headers;  // "Authorization: Bearer …"; never logged
  /// Called with each piece of a 2xx answer as it comes; false ends the exchange, as done.
  std::function<bool(std::string_view)> on_piece;
};

struct HttpAnswer {
  /// kNone: an answer, whatever its status.
  enum class Fault { kNone, kConnect, kFirstByte, kIdle, kTotal, kTooLong, kBroken, kStopped };
  Fault fault = Fault::kNone;
  int status = 0;
  std::string body;                   // what came, also of a broken exchange
  std::optional<double> retry_after;  // seconds, from the header of that name (a number or a date)
  std::string text;                   // of a fault: what happened, for people; names no host and no header
  double seconds = 0;
};

HttpAnswer exchange(const HttpRequest& request, const TransportSettings& limits);

}  // namespace gradus
