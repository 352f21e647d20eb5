#include "base/ledger.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <mutex>
#include <optional>

#include "base/ledger_file.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr size_t kColumns = 8;

std::string clean(const std::string& field) {
  std::string out = field.empty() ? "." : field;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return out;
}

// One file a process and experiment: named once, so that a long job stays one file; a fork gets its own.
Path job_file(const Path& experiment) {
  static std::mutex mutex;
  static std::map<std::string, Path> files;
  std::lock_guard lock(mutex);
  char host[65] = "host";
  ::gethostname(host, sizeof host - 1);
  const std::string pid = std::to_string(::getpid());
  Path& file = files[experiment.native() + "\n" + pid];
  if (file.empty()) {
    char time[32];
    const std::time_t now = std::time(nullptr);
    std::tm utc;
    std::strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", ::gmtime_r(&now, &utc));
    file = experiment / "ledger" / (std::string(host) + "-" + pid + "-" + time + ".tsv");
  }
  return file;
}

std::optional<double> number(const std::string& text) {
  if (text == ".") return 0;
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<LedgerLine> parse_line(const std::string& text) {
  std::vector<std::string> fields;
  for (size_t start = 0;;) {
    const size_t end = text.find('\t', start);
    fields.push_back(text.substr(start, end == text.npos ? end : end - start));
    if (end == text.npos) break;
    start = end + 1;
  }
  if (fields.size() < kColumns) return std::nullopt;
  for (std::string& f : fields) {
    if (f == ".") f.clear();
  }
  const auto tokens = number(fields[5].empty() ? "." : fields[5]),
             dollars = number(fields[6].empty() ? "." : fields[6]),
             seconds = number(fields[7].empty() ? "." : fields[7]);
  if (!tokens || !dollars || !seconds) return std::nullopt;
  return LedgerLine{fields[0], fields[1], fields[2], fields[3], fields[4], *tokens, *dollars, *seconds};
}

}  // namespace

void append_ledger(const Path& experiment, const LedgerLine& line) {
  const Path file = job_file(experiment);
  if (!std::filesystem::exists(file)) {
    append_line(file, "# format: 1\tdesign\tstage\tverdict\tfile\tfile_hash\ttokens\tdollars\tseconds");
  }
  append_line(file, clean(line.design) + '\t' + clean(line.stage) + '\t' + clean(line.verdict) + '\t' +
                        clean(line.file) + '\t' + clean(line.file_hash) + '\t' + format_g(line.tokens) + '\t' +
                        format_g(line.dollars) + '\t' + format_g(line.seconds));
}

std::vector<LedgerLine> read_ledger_file(const Path& file) {
  std::vector<LedgerLine> lines;
  int number = 0;
  for (const std::string& text : read_lines(file)) {
    ++number;
    if (text.empty() || text[0] == '#') continue;
    if (auto line = parse_line(text)) {
      lines.push_back(std::move(*line));
    } else {  // damage costs one line of a cache, never the population: the files are the truth
      log_warning("'" + file.native() + "', line " + std::to_string(number) + ": not a ledger line, ignored");
    }
  }
  return lines;
}

std::vector<LedgerLine> read_ledger(const Path& experiment) {
  std::vector<Path> files;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(experiment / "ledger", code)) {
    if (entry.path().extension() == ".tsv" && !is_temporary(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // by name: the same order on every file system
  std::vector<LedgerLine> lines;
  for (const Path& file : files) {
    for (LedgerLine& line : read_ledger_file(file)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace gradus
