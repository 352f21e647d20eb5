#include "base/file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <set>

#include "base/error.h"
#include "testing.h"

using namespace gradus;
using tests::Directory;
using tests::message_of;
using tests::n_entries;

namespace {

/// Runs `work` in a fork; its exit code, 128 + signal when killed.
template <class Work>
int in_fork(Work work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    int code = 99;
    try {
      code = work();
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST(File, WritesAndReads) {
  Directory d;
  const std::string bytes("a\0b\nc", 5);
  write_file(d / "new/deep/x", bytes);
  EXPECT_EQ(read_file(d / "new/deep/x"), bytes);
  write_file(d / "new/deep/x", "");
  EXPECT_EQ(read_file(d / "new/deep/x"), "");
  EXPECT_EQ(n_entries(d / "new/deep"), 1u);
  EXPECT_EQ(read_file_if_exists(d / "none"), std::nullopt);
  EXPECT_EQ(read_file_if_exists(d / "new/deep/x/y"), std::nullopt);
}

TEST(File, Messages) {
  Directory d;
  const std::string at = d.path.native();
  EXPECT_EQ(message_of([&] { read_file(d / "none"); }), "cannot read '" + at + "/none': No such file or directory");
  EXPECT_EQ(message_of([&] { read_file(d.path); }), "cannot read '" + at + "': Is a directory");
  EXPECT_EQ(message_of([&] { write_file(d.path, "x"); }), "cannot write '" + at + "': Is a directory");
  EXPECT_EQ(message_of([&] { write_file(d / "dir/", "x"); }), "cannot write '" + at + "/dir/': not a file name");
  write_file(d / "file", "x");
  EXPECT_NE(message_of([&] { write_file(d / "file/below", "x"); }).find("cannot create directory"), std::string::npos);
  EXPECT_EQ(message_of([&] { write_file_by(d / "y", [](const Path&) {}); }),
            "cannot write '" + at + "/y': nothing was written");
}

TEST(File, LongNames) {
  Directory d;
  const std::string longest(255, 'n');
  write_file(d / longest, "x");
  EXPECT_EQ(read_file(d / longest), "x");
}

TEST(File, ModeFollowsUmask) {
  Directory d;
  const mode_t old = ::umask(002);
  write_file(d / "shared", "x");
  commit_directory(d / "folder", [](const Path&) {});
  ::umask(old);
  struct stat info;
  ASSERT_EQ(::stat((d / "shared").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0664u);
  ASSERT_EQ(::stat((d / "folder").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0775u);
}

// A disk that is full after 64 kB: the old file stays whole, nothing is left behind.
TEST(File, FailingDiskLeavesTheOldFile) {
  Directory d;
  write_file(d / "x", "old");
  const int code = in_fork([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small = {65536, 65536};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string what = message_of([&] { write_file(d / "x", std::string(1 << 20, 'n')); });
    return what.find("File too large") != what.npos ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read_file(d / "x"), "old");
  EXPECT_EQ(n_entries(d.path), 1u);
}

TEST(File, FullFileSystem) {
  Directory d;
  if (::mount("none", d.path.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "no tmpfs without root";
  const std::string what = message_of([&] { write_file(d / "x", std::string(1 << 20, 'n')); });
  const size_t left = n_entries(d.path);
  ::umount(d.path.c_str());
  EXPECT_EQ(what, "cannot write '" + (d / "x").native() + "': No space left on device");
  EXPECT_EQ(left, 0u);
}

// SIGKILL in the middle of a write: the file is not there, the temporary is known as one and cleared when it is stale.
TEST(File, KillLeavesATemporaryOnly) {
  Directory d;
  const int code = in_fork([&] {
    write_file_by(d / "x", [](const Path& temporary) {
      std::ofstream(temporary) << "half";
      ::kill(::getpid(), SIGKILL);
    });
    return 0;
  });
  EXPECT_EQ(code, 128 + SIGKILL);
  in_fork([&] {
    commit_directory(d / "y", [](const Path& temporary) {
      std::ofstream(temporary / "a") << "half";
      ::kill(::getpid(), SIGKILL);
    });
    return 0;
  });
  EXPECT_EQ(n_entries(d.path), 2u);
  for (const auto& entry : std::filesystem::directory_iterator(d.path)) EXPECT_TRUE(is_temporary(entry.path()));
  write_file(d / "keep", "x");
  remove_stale_temporaries(d.path, 3600);
  EXPECT_EQ(n_entries(d.path), 3u);  // too young: their writers may live
  remove_stale_temporaries(d.path, 0);
  EXPECT_EQ(n_entries(d.path), 1u);
  remove_stale_temporaries(d / "none", 0);  // no directory, no fault
}

TEST(File, ExceptionWhileFillingLeavesNothing) {
  Directory d;
  EXPECT_EQ(message_of([&] {
              commit_directory(d / "y", [](const Path& t) {
                std::ofstream(t / "a") << "half";
                throw Error("no");
              });
            }),
            "no");
  EXPECT_EQ(n_entries(d.path), 0u);
}

// Many writers of one file: what is there is always one of the texts, whole.
TEST(File, ConcurrentWriters) {
  Directory d;
  std::vector<pid_t> writers;
  for (int w = 0; w < 4; ++w) {
    writers.push_back(::fork());
    if (writers.back() == 0) {
      for (int i = 0; i < 30; ++i) write_file(d / "x", std::string(100000, static_cast<char>('a' + w)));
      ::_exit(0);
    }
  }
  bool whole = true;
  for (int i = 0; i < 200; ++i) {
    if (const auto bytes = read_file_if_exists(d / "x")) {
      whole = whole && bytes->size() == 100000 && bytes->find_first_not_of(bytes->front()) == std::string::npos;
    }
  }
  for (pid_t w : writers) {
    int status;
    ::waitpid(w, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(whole);
  EXPECT_EQ(n_entries(d.path), 1u);
}

TEST(File, CommitDirectoryHasOneWinner) {
  Directory d;
  std::vector<pid_t> writers;
  for (int w = 0; w < 8; ++w) {
    writers.push_back(::fork());
    if (writers.back() == 0) {
      const bool first = commit_directory(d / "x", [&](const Path& t) {
        write_file(t / "who", std::to_string(w));
        write_file(t / "sub/who", std::to_string(w));
      });
      ::_exit(first ? 1 : 0);
    }
  }
  int winner = -1, n_winners = 0;
  for (int w = 0; w < 8; ++w) {
    int status;
    ::waitpid(writers[static_cast<size_t>(w)], &status, 0);
    if (WEXITSTATUS(status) == 1) winner = w, ++n_winners;
  }
  EXPECT_EQ(n_winners, 1);
  EXPECT_EQ(read_file(d / "x/who"), std::to_string(winner));
  EXPECT_EQ(read_file(d / "x/sub/who"), std::to_string(winner));
  EXPECT_EQ(n_entries(d.path), 1u);
  write_file(d / "file", "x");
  EXPECT_NE(message_of([&] { commit_directory(d / "file", [](const Path&) {}); }), "");
}

TEST(File, AppendFromEightProcesses) {
  Directory d;
  std::vector<pid_t> writers;
  for (int w = 0; w < 8; ++w) {
    writers.push_back(::fork());
    if (writers.back() == 0) {
      for (int i = 0; i < 500; ++i) {
        append_line(d / "log", std::to_string(w) + ":" + std::to_string(i) + ":" + std::string(200, 'x') + ".");
      }
      ::_exit(0);
    }
  }
  for (pid_t w : writers) ::waitpid(w, nullptr, 0);
  std::set<std::string> seen;
  for (const std::string& line : read_lines(d / "log")) {
    if (line.empty()) continue;
    EXPECT_TRUE(line.ends_with("x.")) << line;
    seen.insert(line.substr(0, line.rfind(':')));
  }
  EXPECT_EQ(seen.size(), 8u * 500);
}

TEST(File, UnterminatedLineIsDroppedAndSwallowsNothing) {
  Directory d;
  std::ofstream(d / "log") << "one\ntwo\nthr";
  EXPECT_EQ(read_lines(d / "log"), (std::vector<std::string>{"one", "two"}));
  append_line(d / "log", "four", true);
  EXPECT_EQ(read_lines(d / "log"), (std::vector<std::string>{"one", "two", "four"}));
  write_file(d / "empty", "");
  EXPECT_TRUE(read_lines(d / "empty").empty());
  EXPECT_NE(message_of([&] { append_line(d / "log", "a\nb"); }), "");
}
