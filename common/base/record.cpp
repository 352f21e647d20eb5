#include "base/record.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/terminal.h"

namespace gradus {
namespace {

constexpr std::string_view kVerdicts[] = {"ok", "no", "skipped", "error", "waiting"};

std::string clean(std::string_view field) {
  std::string out(field.empty() ? "." : field);
  for (char& c : out) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

bool reader_gone = false;  // told once: what is still buffered has nowhere to go

// On a terminal alone: a pipe and a file get tabs.
Columns* terminal_columns() {
  static Columns columns(wants_color(1));
  static const bool shown = is_terminal(1);
  return shown ? &columns : nullptr;
}

std::optional<Record> last;
std::string waiting_header;  // on a terminal: printed with the first record, so that they stand below each other

void check_stdout(bool good) {
  if (good || reader_gone) return;
  const int code = errno;
  if (code == EPIPE) {
    reader_gone = true;
    throw ClosedPipe{};
  }
  throw Error(std::string("cannot write standard output: ") + std::strerror(code ? code : EIO));
}

}  // namespace

const char* to_string(Verdict v) { return kVerdicts[static_cast<int>(v)].data(); }

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (size_t i = 0; i < std::size(kVerdicts); ++i) {
    if (kVerdicts[i] == text) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

std::string to_line(const Record& record) {
  std::string line = clean(record.design) + '\t' + to_string(record.verdict) + '\t' + clean(record.run);
  for (const std::string& field : record.detail) line += '\t' + clean(field);
  return line;
}

Record parse_record(std::string_view line, int line_number) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  std::vector<std::string> fields;
  for (size_t start = 0;;) {
    const size_t end = line.find('\t', start);
    fields.emplace_back(line.substr(start, end == line.npos ? end : end - start));
    if (end == line.npos) break;
    start = end + 1;
  }
  const std::string where = "standard input, line " + std::to_string(line_number) + ": ";
  if (fields[0].empty()) throw Error(where + "no design in '" + std::string(line) + "'");
  Record record{fields[0]};
  if (fields.size() == 1) return record;
  const auto verdict = parse_verdict(fields[1]);
  if (!verdict) {
    const std::string near = nearest(fields[1], kVerdicts);
    throw Error(where + "'" + fields[1] + "' is no verdict" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  }
  record.verdict = *verdict;
  if (fields.size() > 2 && !fields[2].empty()) record.run = fields[2];
  for (size_t i = 3; i < fields.size(); ++i) record.detail.push_back(fields[i]);
  return record;
}

void print_record(const Record& record) {
  last = record;
  print_text(std::exchange(waiting_header, "") + to_line(record) + "\n");
}

const std::optional<Record>& last_record() { return last; }

void reserve_column(size_t column, size_t width) {
  if (Columns* columns = terminal_columns()) columns->reserve(column, width);
}

void print_header(const std::vector<std::string>& detail_columns) {
  std::string line = "# design\tverdict\trun";
  for (const std::string& column : detail_columns) line += '\t' + column;
  if (terminal_columns())
    waiting_header = line + "\n";
  else
    print_text(line + "\n");
}

void print_text(std::string_view text) {
  Columns* columns = text.find('\t') == text.npos ? nullptr : terminal_columns();
  const std::string aligned = columns ? columns->align(text) : std::string();
  if (columns) text = aligned;
  if (is_terminal(1)) clear_bar();
  errno = 0;
  check_stdout(std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0);
}

// The standard streams stay open for what the C library does at exit; a copy is closed, since some file systems tell of
// a full disk only then.
void close_stdout() {
  errno = 0;
  check_stdout(std::fflush(stdout) == 0 && !std::ferror(stdout));
  const int copy = ::dup(1);
  if (copy >= 0) check_stdout(::close(copy) == 0);
}

}  // namespace gradus
