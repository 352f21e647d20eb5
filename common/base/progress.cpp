#include "base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/terminal.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;
std::atomic<bool> disabled{false};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

int terminal_width() {
  winsize size = {};
  return ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool plain_terminal() {  // a terminal that can redraw a line
  const char* term = std::getenv("TERM");
  return is_terminal(2) && term && std::string(term) != "dumb";
}

}  // namespace

struct Progress::State {
  std::string title, unit;
  double total, interval, done = 0, first = -1;  // first: what was done when the rate began (a resume starts high)
  Clock::time_point start = Clock::now(), shown = start;
  bool terminal = plain_terminal(), color = wants_color(2), silent = disabled, finished = false;

  std::string numbers(const std::string& note) const {
    std::string text = format_count(done);
    if (total > 0) text += " of " + format_count(total);
    text += " " + unit;
    if (total > 0) text += " (" + std::to_string(static_cast<int>(100 * (done / total) + 1e-9)) + " %)";
    const double elapsed = seconds_since(start), advanced = done - std::max(first, 0.0);
    if (total > 0 && done < total && advanced > 0 && elapsed > 0.5) {
      text += ", " + format_duration(elapsed * (total - done) / advanced) + " left";
    }
    return note.empty() ? text : text + ", " + note;
  }

  void draw(const std::string& note) const {
    constexpr int kCells = 20;
    std::string line = title + " ";
    size_t visible = line.size();
    if (total > 0) {
      const int full = std::clamp(static_cast<int>(kCells * done / total), 0, kCells);
      line += "[" + std::string(color ? "\033[32m" : "") + std::string(full, '#') + (color ? "\033[0m" : "") +
              std::string(kCells - full, '.') + "] ";
      visible += kCells + 3;
    }
    std::string rest = numbers(note);
    const int width = terminal_width() - 1 - static_cast<int>(visible);
    if (static_cast<int>(rest.size()) > width) rest.resize(std::max(width, 0));
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), rest.c_str());
    std::fflush(stderr);
    set_bar_shown(true);
  }
};

Progress::Progress(std::string title, double total, std::string unit, double interval_seconds)
    : state_(std::make_unique<State>()) {
  state_->title = std::move(title), state_->unit = std::move(unit);
  state_->total = total, state_->interval = interval_seconds;
}

Progress::~Progress() {
  if (state_ && state_->terminal && !state_->silent && !state_->finished) {
    std::fputs("\r\033[K", stderr);  // cut off: no half bar stays behind
    set_bar_shown(false);
  }
}

void Progress::update(double done, const std::string& note) {
  State& s = *state_;
  if (s.silent || s.finished) return;
  s.done = done;
  if (s.first < 0) s.first = done, s.start = Clock::now();
  const double since = seconds_since(s.shown);
  if (s.terminal ? since < 0.1 : since < s.interval) return;
  s.shown = Clock::now();
  if (s.terminal) {
    s.draw(note);
  } else {
    log_info(s.title + ": " + s.numbers(note));
  }
}

void Progress::finish(const std::string& note) {
  State& s = *state_;
  if (s.silent || s.finished) return;
  s.finished = true;
  if (s.total > 0 && s.done < s.total) s.done = s.total;
  const std::string text = s.title + ": " + s.numbers("") + " in " + format_duration(seconds_since(s.start)) +
                           (note.empty() ? "" : ", " + note);
  log_info(text);  // clears the bar
}

void disable_progress() { disabled = true; }

}  // namespace gradus
