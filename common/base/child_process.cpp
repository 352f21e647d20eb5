#include "base/child_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>

#include "base/confine.h"
#include "base/error.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr int kSocket = 3;

std::map<std::string, ChildFunction>& functions() {
  static std::map<std::string, ChildFunction> registered;
  return registered;
}

// Size of the address space and of the data segment now, in bytes: what the libraries map before any work.
std::pair<uint64_t, uint64_t> mapped_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t size = 0, resident = 0, shared = 0, text = 0, unused = 0, data = 0;
  file >> size >> resident >> shared >> text >> unused >> data;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return {size * page, data * page};
}

// Threads of this user on this machine: RLIMIT_NPROC counts all of them.
uint64_t threads_of_user() {
  uint64_t count = 0;
  DIR* proc = ::opendir("/proc");
  if (!proc) return 0;
  while (const dirent* entry = ::readdir(proc)) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    struct stat info;
    const std::string path = std::string("/proc/") + entry->d_name + "/task";
    if (::stat(path.c_str(), &info) == 0 && info.st_uid == ::getuid()) count += info.st_nlink - 2;
  }
  ::closedir(proc);
  return count;
}

void limit(int what, uint64_t value) {
  rlimit now = {};
  if (::getrlimit(static_cast<__rlimit_resource_t>(what), &now) != 0) return;
  value = std::min<uint64_t>(value, now.rlim_max);
  const rlimit wanted = {value, value};
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &wanted);
}

void set_limits(uint64_t memory_bytes, uint64_t file_bytes, uint64_t cpu_seconds) {
  const auto [space, data] = mapped_bytes();
  limit(RLIMIT_AS, space + memory_bytes);
  limit(RLIMIT_DATA, data + memory_bytes);
  limit(RLIMIT_FSIZE, file_bytes);
  limit(RLIMIT_CPU, cpu_seconds);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_CORE, 0);
  if (::getuid() != 0) limit(RLIMIT_NPROC, threads_of_user() + 64);
}

bool read_exactly(char* data, size_t size) {
  while (size > 0) {
    const ssize_t n = ::read(kSocket, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n, size -= static_cast<size_t>(n);
  }
  return true;
}

std::optional<std::string> read_request() {
  uint64_t size = 0;
  if (!read_exactly(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string text(size, '\0');
  if (!read_exactly(text.data(), size)) return std::nullopt;
  return text;
}

void answer(char kind, const std::string& text) {
  const std::string message = frame(kind + text);
  for (size_t sent = 0; sent < message.size();) {
    const ssize_t n = ::write(kSocket, message.data() + sent, message.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ::_exit(0);  // nobody listens any more
    sent += static_cast<size_t>(n);
  }
}

// libtorch reports a failed allocation by an exception of its own.
bool is_out_of_memory(const char* what) {
  return std::strstr(what, "can't allocate memory") || std::strstr(what, "std::bad_alloc");
}

[[noreturn]] void serve(const ChildFunction& function) {
  while (auto request = read_request()) {
    try {
      answer('A', function(*request));
      continue;
    } catch (const std::bad_alloc&) {
      answer('M', "out of memory");
    } catch (const std::exception& fault) {
      answer(is_out_of_memory(fault.what()) ? 'M' : 'E', fault.what());
    } catch (...) {
      answer('E', "an unknown exception");
    }
    break;  // the next request gets a fresh child
  }
  ::_exit(0);  // no destructors: they could hang or fail after what generated code did
}

}  // namespace

void register_child(const std::string& name, ChildFunction function) { functions()[name] = std::move(function); }

void enter_child_if_asked(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[1], "--child") != 0) return;
  const auto found = functions().find(argv[2]);
  if (found == functions().end()) {
    std::fprintf(stderr, "no child function '%s'\n", argv[2]);
    ::_exit(kNotDone);
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  set_limits(std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10),
             std::strtoull(argv[5], nullptr, 10));
  std::vector<std::string> folders[2];  // readable, writable
  for (int i = 6; i < argc; ++i) folders[argv[i][0] == 'w'].push_back(argv[i] + 2);
  try {
    confine(folders[0], folders[1]);
  } catch (const Error& error) {
    answer('E', error.what());
    ::_exit(0);
  }
  serve(found->second);
}

std::string frame(const std::string& text) {
  const uint64_t size = text.size();
  std::string message(sizeof size, '\0');
  std::memcpy(message.data(), &size, sizeof size);
  return message + text;
}

std::optional<std::string> unframe(const std::string& bytes) {
  uint64_t size = 0;
  if (bytes.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof size);
  if (bytes.size() - sizeof size < size) return std::nullopt;
  return bytes.substr(sizeof size, size);
}

std::vector<std::string> child_command(const std::string& name, const ChildLimits& limits, size_t n_requests) {
  // The wall clock of the parent is the limit; this one holds even if nobody watches, on every core at once.
  const double cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const auto cpu =
      static_cast<uint64_t>(std::ceil(limits.seconds_per_request * static_cast<double>(n_requests) * cores)) + 5;
  std::vector<std::string> words{
      "/proc/self/exe",   "--child", name, std::to_string(limits.memory_bytes), std::to_string(limits.file_bytes),
      std::to_string(cpu)};
  for (const auto& folder : limits.readable) words.push_back("r:" + folder);
  for (const auto& folder : limits.writable) words.push_back("w:" + folder);
  return words;
}

std::vector<std::string> child_environment() {
  static constexpr const char* kPassed[] = {
      "PATH=",           "HOME=",           "LANG=",         "LC_",   "TZ=",   "TMPDIR=", "LD_LIBRARY_PATH=",
      "LIBTORCH=",       "XDG_CACHE_HOME=", "GRADUS_",       "ATEN_", "DNNL_", "ONEDNN_", "MALLOC_",
      "GLIBC_TUNABLES=", "ASAN_OPTIONS=",   "UBSAN_OPTIONS="};
  std::vector<std::string> all = {"OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"};
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string text = *entry;
    if (std::any_of(std::begin(kPassed), std::end(kPassed), [&](const char* p) { return text.starts_with(p); }))
      all.push_back(text);
  }
  return all;
}

void become_child(int socket, int errors, char* const* argv, char* const* environment) {
  // Out of the way of 0..3 first: any of the two may be one of them.
  socket = ::fcntl(socket, F_DUPFD, 10);
  errors = ::fcntl(errors, F_DUPFD, 10);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 0), ::dup2(null, 1), ::dup2(errors, 2), ::dup2(socket, kSocket);
  ::close_range(kSocket + 1, ~0u, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve("/proc/self/exe", argv, environment);
  ::_exit(127);
}

ChildAnswer explain_death(int status, const std::string& stderr_tail) {
  std::string last = stderr_tail;
  while (!last.empty() && last.back() == '\n') last.pop_back();
  last = last.substr(last.rfind('\n') + 1).substr(0, 400);
  const std::string said = last.empty() ? "" : ": " + last;
  using Kind = ChildAnswer::Kind;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU) return {Kind::kTimeout, "killed by SIGXCPU: its processor time is used up"};
    if (signal == SIGKILL) return {Kind::kMemory, "killed by SIGKILL, as the kernel does when memory runs out"};
    const bool memory = is_out_of_memory(stderr_tail.c_str());
    const char* name = ::sigabbrev_np(signal);
    return {memory ? Kind::kMemory : Kind::kCrash, "killed by SIG" + std::string(name ? name : "?") + said};
  }
  if (is_out_of_memory(stderr_tail.c_str())) return {Kind::kMemory, "out of memory"};
  return {Kind::kCrash, "ended with code " + std::to_string(WEXITSTATUS(status)) + " without an answer" + said};
}

}  // namespace gradus
