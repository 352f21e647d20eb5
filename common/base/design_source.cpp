#include "base/design_source.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/signals.h"

namespace gradus {
namespace {

constexpr int kPatienceMs = 3000;  // for the last lines after a stop request

/// "g004" of "g004-017"; "" for what is no name of a design.
std::string generation_of(const std::string& word) {
  const size_t dash = word.find('-');
  const auto digits = [&](size_t from, size_t to) {
    return to >= from + 3 && std::all_of(word.begin() + static_cast<long>(from), word.begin() + static_cast<long>(to),
                                         [](unsigned char c) { return isdigit(c); });
  };
  if (dash == word.npos || word[0] != 'g' || !digits(1, dash) || !digits(dash + 1, word.size())) return "";
  return word.substr(0, dash);
}

}  // namespace

std::optional<std::string> experiment_here() {
  std::error_code ignored;
  Path folder = std::filesystem::current_path(ignored), path = ".";
  while (!folder.empty()) {
    if (std::filesystem::exists(folder / "experiment.yaml", ignored)) return path.native();
    if (!folder.has_relative_path()) break;
    folder = folder.parent_path();
    path = path == "." ? Path("..") : path / "..";
  }
  return std::nullopt;
}

std::string design_path(const std::string& word) {
  const std::string generation = generation_of(word);
  if (generation.empty() || std::filesystem::exists(word)) return word;
  const auto experiment = experiment_here();
  if (!experiment) return word;
  return (Path(*experiment) / "designs" / generation / word).native();
}

std::optional<std::string> DesignSource::next_line() {
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != buffer_.npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (stdin_done_) {
      if (buffer_.empty()) return std::nullopt;
      return std::exchange(buffer_, "");
    }
    pollfd polled = {0, POLLIN, 0};
    const int ready = ::poll(&polled, 1, stop_requested() ? kPatienceMs : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      stdin_done_ = true;
      continue;
    }
    char bytes[4096];
    const ssize_t n = ::read(0, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(std::string("cannot read standard input: ") + std::strerror(errno));
    if (n == 0) stdin_done_ = true;
    buffer_.append(bytes, static_cast<size_t>(n));
  }
}

std::optional<Record> DesignSource::next() {
  for (;;) {
    if (in_stdin_) {
      while (auto line = next_line()) {
        ++line_number_;
        if (line->empty() || (*line)[0] == '#') continue;
        Record record = parse_record(*line, line_number_);
        record.design = design_path(record.design);
        return record;
      }
      in_stdin_ = false;
    }
    if (at_ >= paths_.size()) return std::nullopt;
    std::string path = paths_[at_++];
    if (path == "-") {
      in_stdin_ = true;
      continue;
    }
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return Record{design_path(path)};
  }
}

}  // namespace gradus
