#include "base/signals.h"

#include <signal.h>
#include <time.h>

#include <atomic>

namespace gradus {
namespace {

// A Ctrl-C reaches a tool twice, from the terminal and from its launcher: only a later signal is impatience.
constexpr double kImpatientSeconds = 1.5;

std::atomic<int> requested{0};
std::atomic<double> first_at{0};

double now_seconds() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);  // async-signal-safe
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void on_signal(int signal) {
  int none = 0;
  if (requested.compare_exchange_strong(none, signal)) {
    first_at = now_seconds();
  } else if (signal != SIGUSR1 && now_seconds() - first_at > kImpatientSeconds) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // libraries that ignore EINTR stay right; our own waits use poll, which never restarts
  ::sigemptyset(&action.sa_mask);
  for (int signal : {SIGUSR1, SIGTERM, SIGINT}) {
    // What a parent ignored on purpose (nohup-like: `trap '' INT`) stays ignored.
    struct sigaction old = {};
    if (::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN && signal == SIGINT) continue;
    ::sigaction(signal, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return requested != 0; }
int stop_signal() { return requested; }
void request_stop() {
  int none = 0;
  requested.compare_exchange_strong(none, SIGTERM);
}

}  // namespace gradus
