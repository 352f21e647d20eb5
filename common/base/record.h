/// Records on stdout, one line a design: `design  verdict  run  detail…`, tab-separated, `.` for a missing value,
/// floats with %.9g (design.md §2). A stage reads the first three and ignores the rest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

enum class Verdict { kOk, kNo, kSkipped, kError, kWaiting };
const char* to_string(Verdict v);
std::optional<Verdict> parse_verdict(std::string_view text);

struct Record {
  std::string design;  // path of the design's directory
  Verdict verdict = Verdict::kOk;
  std::string run = ".";            // the run's directory or "."
  std::vector<std::string> detail;  // the tool's own columns
};

/// Tabs and newlines inside a field are written as spaces.
std::string to_line(const Record& record);
/// Accepts a bare path too (verdict ok). Throws Error naming the line for anything else.
Record parse_record(std::string_view line, int line_number);

/// Writes to stdout and flushes at once (pipes of stages overlap); a failed write (`/dev/full`, closed disk) throws
/// Error; when the reader has gone (EPIPE: `… | head -1`) it throws ClosedPipe, which run_tool ends quietly with 0.
struct ClosedPipe {};  // no std::exception on purpose: only run_tool should catch it
void print_record(const Record& record);
/// What print_record wrote last, for the hint of what comes next.
const std::optional<Record>& last_record();
void print_header(const std::vector<std::string>& detail_columns);  // "# design	verdict	run	…"
/// Any other primary output, whole lines, same checks. On a terminal tabs become columns.
void print_text(std::string_view text);
/// On a terminal: room for what will stand in a column, known before it is printed.
void reserve_column(size_t column, size_t width);
void close_stdout();  // flush and check; called by run_tool

}  // namespace gradus
