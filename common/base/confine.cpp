#include "base/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/error.h"

namespace gradus {
namespace {

constexpr uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kTruncate = 1 << 14,
                   kDeviceControl = 1 << 15;  // of versions 3 and 5: newer than Debian 12's headers

// What a library may open once the process runs: itself late, the machine's description, tables of locale and time.
const std::vector<std::string> kLibraries{
    "/usr",           "/lib",       "/lib64",        "/etc/ld.so.cache", "/etc/ssl/openssl.cnf",
    "/etc/localtime", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",    "/sys/devices/system",
    "/sys/fs/cgroup", "/dev/null",  "/dev/urandom"};

uint64_t all_accesses(int version) {
  uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= kTruncate;
  if (version >= 5) all |= kDeviceControl;
  return all;
}

void allow(int ruleset, const std::string& path, uint64_t accesses) {
  const int at = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (at < 0) return;
  struct stat info = {};
  ::fstat(at, &info);
  if (!S_ISDIR(info.st_mode)) accesses &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
  landlock_path_beneath_attr rule = {};
  rule.allowed_access = accesses;
  rule.parent_fd = at;
  const long code = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(at);
  if (code != 0) throw_errno("cannot allow", path);
}

void confine_files(const std::vector<std::string>& readable, const std::vector<std::string>& writable) {
  const int version = landlock_version();
  if (version == 0) return;
  landlock_ruleset_attr wanted = {};
  wanted.handled_access_fs = all_accesses(version);
  // Version 1's structure, which every later kernel takes.
  const int ruleset =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted.handled_access_fs, 0));
  if (ruleset < 0) throw_errno("cannot confine", "the files of a child");
  for (const auto& path : kLibraries) allow(ruleset, path, kReading);
  for (const auto& path : readable) allow(ruleset, path, kReading);
  for (const auto& path : writable)
    allow(ruleset, path, all_accesses(version) & ~(LANDLOCK_ACCESS_FS_EXECUTE | kDeviceControl));
  const long code = ::syscall(SYS_landlock_restrict_self, ruleset, 0);
  ::close(ruleset);
  if (code != 0) throw_errno("cannot confine", "the files of a child");
}

// What computing, threads and files need. Anything else answers ENOSYS, as on a kernel that has not got it.
constexpr const char* kCalls[] = {
    // memory
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "membarrier", "get_mempolicy", "mbind",
    // open files; Landlock says which
    "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "open", "openat", "close", "close_range",
    "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2",
    "readlink", "readlinkat", "getdents64", "getcwd", "fcntl", "ftruncate", "fsync", "fdatasync", "fallocate",
    "fadvise64", "flock", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "umask",
    "fchmod",
    // time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrusage",
    // threads and signals of its own
    "futex", "set_robust_list", "get_robust_list", "set_tid_address", "rseq", "sched_yield", "sched_getaffinity",
    "sched_setaffinity", "getcpu", "gettid", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigpending", "sigaltstack", "restart_syscall", "poll", "ppoll", "select", "pselect6", "pause",
    // about itself and the machine
    "getpid", "getppid", "getpgrp", "getpgid", "getuid", "geteuid", "getgid", "getegid", "getrlimit", "getrandom",
    "uname", "sysinfo"};

void confine_calls() {
  const std::unique_ptr<void, void (*)(void*)> filter(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), ::seccomp_release);
  if (!filter) throw Error("cannot confine the system calls of a child: libseccomp has no memory");
  int code = 0;
  const auto permit = [&](const char* name, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || code != 0) return;  // not of this architecture
    code = ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, number, static_cast<unsigned>(conditions.size()),
                                    conditions.begin());
  };
  for (const char* name : kCalls) permit(name);
  permit("clone", {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}});  // clone3 hides its flags: glibc falls back
  const auto self = static_cast<scmp_datum_t>(::getpid());
  permit("tgkill", {{0, SCMP_CMP_EQ, self, 0}});
  permit("kill", {{0, SCMP_CMP_EQ, self, 0}});
  permit("prlimit64", {{2, SCMP_CMP_EQ, 0, 0}});  // asks, sets nothing
  if (code == 0) code = ::seccomp_load(filter.get());
  if (code != 0) {
    errno = -code;
    throw_errno("cannot confine", "the system calls of a child");
  }
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, uint32_t{LANDLOCK_CREATE_RULESET_VERSION});
  return version < 0 ? 0 : static_cast<int>(version);
}

void confine(const std::vector<std::string>& readable, const std::vector<std::string>& writable) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("cannot confine", "a child");
  confine_files(readable, writable);
  confine_calls();
}

}  // namespace gradus
