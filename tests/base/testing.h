/// For tests: an empty directory that vanishes, and a shell command with its code and streams.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/file.h"

namespace gradus::tests {

struct Directory {
  Path path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "gradus-test-XXXXXX").native();
    path = ::mkdtemp(name.data());
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Path operator/(const std::string& name) const { return path / name; }
};

inline std::string slurp(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline size_t n_entries(const Path& directory) {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++n;
  return n;
}

struct Result {
  int code = -1;  // 128 + signal when killed
  std::string out, err;
};

/// Runs `command` by bash (with pipefail off, as people type it).
inline Result shell(const std::string& command) {
  Directory d;
  std::ofstream(d / "command") << command << "\n";
  const int status = std::system(
      ("bash " + (d / "command").native() + " >" + (d / "out").native() + " 2>" + (d / "err").native() + " </dev/null")
          .c_str());
  Result r;
  r.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  r.out = slurp(d / "out"), r.err = slurp(d / "err");
  return r;
}

/// The message of the exception that `work` throws; "" if none.
template <class Work>
std::string message_of(Work work) {
  try {
    work();
  } catch (const std::exception& fault) {
    return fault.what();
  }
  return "";
}

inline std::string self() { return std::filesystem::read_symlink("/proc/self/exe").native(); }

}  // namespace gradus::tests
