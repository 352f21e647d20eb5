#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <cstdio>

#include "base/terminal.h"

namespace gradus {
namespace {

struct Logger {
  std::shared_ptr<spdlog::logger> out;
  std::string name = "gradus";
  int rank = 0;
  std::atomic<bool> bar_shown{false};
  Logger() {
    out = std::make_shared<spdlog::logger>("stderr", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    out->set_pattern("%v");
    out->set_level(spdlog::level::info);
  }
};

Logger& logger() {
  static Logger* logger = new Logger;  // never destroyed: threads may log while the process ends
  return *logger;
}

void log(spdlog::level::level_enum level, const char* kind, std::string_view text) {
  Logger& l = logger();
  if (l.rank > 0 && level < spdlog::level::warn) return;
  const char* clear = l.bar_shown.exchange(false) ? "\r\033[K" : "";
  static const bool colored = wants_color(2);
  const Color color = level >= spdlog::level::err    ? Color::kRed
                      : level == spdlog::level::warn ? Color::kYellow
                                                     : Color::kNone;
  l.out->log(level, "{}{}: {}{}", clear, l.name, paint(kind, color, colored), text);
}

}  // namespace

void set_log_name(std::string_view verb, int rank, int n_ranks) {
  logger().name = n_ranks > 1 ? fmt::format("{}[{}]", verb, rank) : std::string(verb);
  logger().rank = rank;
}

const std::string& log_name() { return logger().name; }

void set_log_level(LogLevel lowest) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                  spdlog::level::err};
  logger().out->set_level(levels[static_cast<int>(lowest)]);
}

void log_debug(std::string_view text) { log(spdlog::level::debug, "debug: ", text); }
void log_info(std::string_view text) { log(spdlog::level::info, "", text); }
void log_warning(std::string_view text) { log(spdlog::level::warn, "warning: ", text); }
void log_error(std::string_view text) { log(spdlog::level::err, "error: ", text); }

void set_bar_shown(bool shown) { logger().bar_shown = shown; }

void clear_bar() {
  if (!logger().bar_shown.exchange(false)) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

std::string format_g(double value) {
  if (std::isnan(value)) return ".";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string format_fixed(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

std::string format_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 59.5) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const long long minutes = std::llround(seconds / 60);
  if (minutes < 48 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  const long long hours = std::llround(seconds / 3600);
  return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

namespace {

// Three significant digits below 1000 of each step: 950, 1.2k, 35k, 350k, 1.25M.
std::string scaled(double n, double step, const std::vector<const char*>& units, const char* between) {
  size_t i = 0;
  double size = std::fabs(n);
  while (size >= step * 0.9995 && i + 1 < units.size()) size /= step, ++i;
  const int decimals = i == 0 && size == std::floor(size) ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  std::string digits = fmt::format("{:.{}f}", size, decimals);
  if (digits.find('.') != digits.npos) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return (n < 0 ? "-" : "") + digits + between + units[i];
}

}  // namespace

std::string format_count(double n) {
  if (!std::isfinite(n)) return "?";
  return scaled(n, 1000, {"", "k", "M", "G", "T", "P", "E"}, "");
}

std::string format_bytes(double bytes) {
  if (!std::isfinite(bytes)) return "?";
  return scaled(bytes, 1000, {"B", "kB", "MB", "GB", "TB", "PB"}, " ");
}

}  // namespace gradus
