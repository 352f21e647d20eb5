#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "base/child_process.h"
#include "base/confine.h"
#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kStderrTail = 4000;
constexpr double kPatience = 10;  // times its seconds, for a child that a busy machine starves

Clock::duration to_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// What a process has used of the processor so far; 0 when it is gone.
double cpu_seconds(pid_t pid) {
  clockid_t clock;
  timespec used = {};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

// The parent's end of one child: its socket, what it says on stderr, its life.
class Child {
 public:
  Child(const std::string& name, const ChildLimits& limits, size_t n_requests);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { stop(); }
  ChildAnswer ask(const std::string& request, double seconds);
  bool alive() const { return pid_ > 0; }

 private:
  enum class Waited { kReady, kClosed, kLate };
  Waited wait_until(Clock::time_point deadline, short events);
  void drain_stderr();
  ChildAnswer autopsy();  // what the death of the child says
  int stop();             // kills the group, reaps; the wait status

  pid_t pid_ = -1;
  double cpu_until_ = 0;    // the child's CPU seconds when its time for the request is used up
  Clock::time_point last_;  // not a moment longer, however little it was given
  int socket_ = -1, stderr_ = -1;
  std::string tail_;
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

Child::Child(const std::string& name, const ChildLimits& limits, size_t n_requests) {
  int sockets[2], errors[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) throw_errno("cannot start child", name);
  if (::pipe2(errors, O_CLOEXEC) != 0) {
    ::close(sockets[0]), ::close(sockets[1]);
    throw_errno("cannot start child", name);
  }
  // Everything that allocates is done before fork: after it, only async-signal-safe calls.
  const std::vector<std::string> words = child_command(name, limits, n_requests);
  const std::vector<std::string> environment = child_environment();
  std::vector<char*> argv = pointers(words), envp = pointers(environment);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
    become_child(sockets[1], errors[1], argv.data(), envp.data());
  }
  const int code = errno;
  ::close(sockets[1]), ::close(errors[1]);
  socket_ = sockets[0], stderr_ = errors[0];
  if (pid_ < 0) {
    ::close(socket_), ::close(stderr_);
    errno = code;
    throw_errno("cannot start child", name);
  }
  ::setpgid(pid_, pid_);  // both sides set it, whoever is first
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  ::fcntl(stderr_, F_SETFL, O_NONBLOCK);
}

int Child::stop() {
  if (pid_ <= 0) return 0;
  int status = 0;
  // A child that ends by itself closes its socket first: give it a moment to die of its own cause.
  for (int i = 0; i < 40; ++i) {
    siginfo_t info = {};
    if (socket_ >= 0 ||
        (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)) {
      break;
    }
    ::poll(nullptr, 0, 5);
  }
  ::kill(-pid_, SIGKILL);  // the group, before its number can belong to another
  ::kill(pid_, SIGKILL);   // in case neither side has made it a group yet
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  drain_stderr();
  if (socket_ >= 0) ::close(socket_);
  if (stderr_ >= 0) ::close(stderr_);
  socket_ = stderr_ = -1;
  return status;
}

void Child::drain_stderr() {
  char buffer[4096];
  ssize_t n;
  while (stderr_ >= 0 && (n = ::read(stderr_, buffer, sizeof buffer)) > 0) {
    tail_.append(buffer, static_cast<size_t>(n));
    if (tail_.size() > 2 * kStderrTail) tail_.erase(0, tail_.size() - kStderrTail);
    if (n < static_cast<ssize_t>(sizeof buffer)) return;
  }
  if (stderr_ >= 0 && n == 0) ::close(std::exchange(stderr_, -1));
}

Child::Waited Child::wait_until(Clock::time_point deadline, short events) {
  for (;;) {
    if (stop_requested()) throw Stopped();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      // A busy machine is not the child's fault: what it has not yet been given of its time it may still use.
      const double unused = cpu_until_ - cpu_seconds(pid_);
      if (unused <= 0.01 || Clock::now() >= last_) return Waited::kLate;
      deadline = std::min(last_, Clock::now() + to_duration(unused));
      continue;
    }
    pollfd polled[2] = {{socket_, events, 0}, {stderr_, POLLIN, 0}};
    const int n = ::poll(polled, 2, static_cast<int>(std::min<long long>(left + 1, 1000)));
    if (n < 0 && errno != EINTR) throw_errno("cannot wait for", "a child");
    if (n <= 0) continue;
    if (polled[1].revents) drain_stderr();
    if (polled[0].revents & events) return Waited::kReady;
    if (polled[0].revents & (POLLHUP | POLLERR)) return Waited::kClosed;
  }
}

ChildAnswer Child::ask(const std::string& request, double seconds) {
  const auto deadline = Clock::now() + to_duration(seconds);
  last_ = Clock::now() + to_duration(kPatience * seconds);
  cpu_until_ = cpu_seconds(pid_) + seconds;
  auto late = [&] {
    stop();
    char text[64];
    std::snprintf(text, sizeof text, "no answer after %.3g s", seconds);
    return ChildAnswer{ChildAnswer::Kind::kTimeout, text};
  };
  // 1. The request, length first.
  const std::string message = frame(request);
  for (size_t sent = 0; sent < message.size();) {
    const Waited w = wait_until(deadline, POLLOUT);
    if (w == Waited::kLate) return late();
    const ssize_t n = ::send(socket_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
    if (w == Waited::kClosed || (n < 0 && errno != EAGAIN && errno != EINTR)) return autopsy();
    if (n > 0) sent += static_cast<size_t>(n);
  }
  // 2. The answer: length, a letter that says what it is, text.
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    if (auto body = unframe(bytes)) {
      const char kind = body->empty() ? 'E' : body->front();
      std::string text = body->empty() ? "" : body->substr(1);
      if (kind == 'A') return {ChildAnswer::Kind::kAnswer, std::move(text)};
      stop();
      return {kind == 'M' ? ChildAnswer::Kind::kMemory : ChildAnswer::Kind::kCrash, std::move(text)};
    }
    const Waited w = wait_until(deadline, POLLIN);
    if (w == Waited::kLate) return late();
    const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return autopsy();
    if (n > 0) bytes.append(buffer.data(), static_cast<size_t>(n));
  }
}

ChildAnswer Child::autopsy() {
  ::close(std::exchange(socket_, -1));
  return explain_death(stop(), tail_);
}

/// Once a process, whichever thread comes first.
void warn_of_missing_wall() {
  static std::atomic<bool> said{false};
  if (landlock_version() > 0 || said.exchange(true)) return;
  log_warning("this kernel has no Landlock: only seccomp and rlimits hold generated code, its files are not confined");
}

}  // namespace

std::vector<ChildAnswer> run_in_child(const std::string& name, const std::vector<std::string>& requests,
                                      const ChildLimits& limits) {
  if (!requests.empty()) warn_of_missing_wall();
  std::vector<ChildAnswer> answers;
  std::optional<Child> child;
  for (const std::string& request : requests) {
    if (!child || !child->alive()) {
      child.reset();
      child.emplace(name, limits, requests.size() - answers.size());
    }
    answers.push_back(child->ask(request, limits.seconds_per_request));
  }
  return answers;
}

}  // namespace gradus
