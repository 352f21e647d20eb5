/// What people read while a tool works, on stderr: `review: warning: text`; under MPI `pretrain[3]: …`, info from rank
/// 0 only, warnings from all. Over spdlog; nothing of it shows here.
#pragma once

#include <string>
#include <string_view>

namespace gradus {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
void set_log_name(std::string_view verb, int rank = 0, int n_ranks = 1);
const std::string& log_name();  // "review", "pretrain[3]"
void set_log_level(LogLevel lowest);
void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);
void set_bar_shown(bool shown);  // by Progress: the next message clears the bar's line first

/// Number formatting for people and records.
std::string format_g(double value);  // %.9g, "." for NaN: records
std::string format_fixed(double value, int decimals);
std::string format_duration(double seconds);  // "1 h 02 min", "3 min 20 s", "4.2 s"
std::string format_count(double n);           // "1.2M", "350k"
std::string format_bytes(double bytes);       // "1.4 GB"

}  // namespace gradus
