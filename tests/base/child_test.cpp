#include "base/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/confine.h"
#include "base/error.h"
#include "base/file.h"
#include "base/signals.h"
#include "testing.h"

using namespace gradus;
using Kind = ChildAnswer::Kind;

namespace {

volatile int sink = 0;

std::string act(const std::string& request) {
  if (request == "loop") {
    for (;;) sink = sink + 1;
  }
  if (request == "memory") {
    std::vector<std::string> all;
    for (;;) all.emplace_back(10 << 20, 'x');
  }
  if (request == "one big piece") return std::string(size_t{1} << 40, 'x');
  if (request == "crash") ::raise(SIGSEGV);
  if (request == "null") {
    volatile int* nowhere = nullptr;
    return std::to_string(*nowhere);
  }
  if (request == "stack") return act(request) + act(request);
  if (request == "garbage") {
    for (int i = 0; i < 100000; ++i) std::printf("garbage %d\n", i), std::fprintf(stderr, "noise %d\n", i);
    std::fflush(stdout);
    return "quiet";
  }
  if (request == "close") {
    for (int fd = 0; fd < 64; ++fd) ::close(fd);
    return "gone";
  }
  if (request == "10 MB") return std::string(10 << 20, 'y');
  if (request == "exit") ::_exit(3);
  if (request == "exit 0") ::_exit(0);
  if (request == "abort") {
    std::fprintf(stderr, "first\nlast words\n");
    std::abort();
  }
  if (request == "exception") throw std::runtime_error("what it said");
  if (request == "strange") throw 5;
  if (request == "libtorch")
    throw std::runtime_error("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory");
  if (request == "read /etc/passwd" || request.starts_with("read /tmp")) {
    const int fd = ::open(request.substr(5).c_str(), O_RDONLY);
    char text[16] = {};
    return fd < 0 ? std::strerror(errno) : ::read(fd, text, sizeof text - 1) < 0 ? "?" : std::string(text);
  }
  if (request.starts_with("write ")) {
    const int fd = ::open(request.substr(6).c_str(), O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? std::strerror(errno) : "written";
  }
  if (request == "socket") return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? std::strerror(errno) : "connected";
  if (request == "exec") {
    ::execl("/bin/true", "true", nullptr);
    return std::strerror(errno);
  }
  if (request == "fork") return ::fork() < 0 ? std::strerror(errno) : "forked";
  if (request == "kill") return ::kill(::getppid(), 0) < 0 ? std::strerror(errno) : "killed";
  if (request == "thread") {
    int value = 0;
    std::thread([&] { value = 7; }).join();
    return std::to_string(value);
  }
  if (request == "secret") return std::getenv("SECRET_KEY") ? std::getenv("SECRET_KEY") : "none";
  if (request == "file") {
    std::string name = "/tmp/gradus-child-XXXXXX";
    const int fd = ::mkstemp(name.data());
    ::unlink(name.c_str());
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 10; ++i) {
      if (::write(fd, block.data(), block.size()) < 0) return "refused";
    }
    return "written";
  }
  if (request == "descriptors") {
    std::string open;
    for (int fd = 0; fd < 64; ++fd) {
      if (::fcntl(fd, F_GETFD) != -1) open += std::to_string(fd);
    }
    rlimit core;
    ::getrlimit(RLIMIT_CORE, &core);
    const char* threads = std::getenv("OMP_NUM_THREADS");
    return open + " threads " + (threads ? threads : "?") + " core " + std::to_string(core.rlim_cur) +
           (::getpgrp() == ::getpid() ? " own group" : "");
  }
  if (request == "grandchild") {
    if (::fork() == 0) {
      for (;;) ::pause();
    }
    for (;;) sink = sink + 1;
  }
  return "echo " + request;
}

/// A name of this process's own, so that its children can be told from those of other tests.
std::string own_name() {
  static const std::string name = "act-" + std::to_string(::getpid());
  return name;
}

std::string n_children() { return tests::shell("sleep 0.2; pgrep -f -- '--child " + own_name() + "' | wc -l").out; }

ChildAnswer ask(const std::string& request, double seconds = 20) {
  ChildLimits limits;
  limits.seconds_per_request = seconds;
  limits.memory_bytes = 512 << 20;
  return run_in_child(own_name(), {request}, limits)[0];
}

}  // namespace

TEST(Child, AnswersInOrder) {
  const auto answers = run_in_child("act", {"a", "", "c"}, {});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].text, "echo a");
  EXPECT_EQ(answers[1].text, "echo ");
  EXPECT_EQ(answers[2].text, "echo c");
  EXPECT_TRUE(run_in_child("act", {}, {}).empty());
}

TEST(Child, LoopIsStopped) {
  const auto start = std::chrono::steady_clock::now();
  const ChildAnswer a = ask("loop", 0.3);
  EXPECT_EQ(a.kind, Kind::kTimeout);
  EXPECT_EQ(a.text, "no answer after 0.3 s");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Child, MemoryIsBounded) {
  EXPECT_EQ(ask("memory").kind, Kind::kMemory);
  EXPECT_EQ(ask("one big piece").kind, Kind::kMemory);
  EXPECT_EQ(ask("libtorch").kind, Kind::kMemory);
}

TEST(Child, CrashesSayHow) {
  EXPECT_EQ(ask("crash").kind, Kind::kCrash);
  EXPECT_EQ(ask("crash").text, "killed by SIGSEGV");
  EXPECT_EQ(ask("null").text, "killed by SIGSEGV");
  EXPECT_EQ(ask("stack").text, "killed by SIGSEGV");
  EXPECT_EQ(ask("exit").text, "ended with code 3 without an answer");
  EXPECT_EQ(ask("exit 0").text, "ended with code 0 without an answer");
  EXPECT_EQ(ask("abort").text, "killed by SIGABRT: last words");
  EXPECT_EQ(ask("exception").text, "what it said");
  EXPECT_EQ(ask("exception").kind, Kind::kCrash);
  EXPECT_EQ(ask("strange").kind, Kind::kCrash);
  EXPECT_EQ(ask("close").kind, Kind::kCrash);
}

TEST(Child, GarbageOnTheStreamsIsNoAnswer) { EXPECT_EQ(ask("garbage").text, "quiet"); }

TEST(Child, LargeMessages) {
  EXPECT_EQ(ask("10 MB").text, std::string(10 << 20, 'y'));
  const std::string large(10 << 20, 'z');
  EXPECT_EQ(ask(large).text, "echo " + large);
}

TEST(Child, OnlyWhatItNeeds) {
  EXPECT_EQ(ask("descriptors").text, "0123 threads 1 core 0 own group");
  EXPECT_NE(ask("file").text, "written");
}

// The child's folders and no others; no network, program or process.
TEST(Child, IsConfined) {
  const tests::Directory scratch;
  const std::string read = (scratch / "read").string(), written = (scratch / "write").string();
  std::filesystem::create_directories(read), std::filesystem::create_directories(written);
  write_file(read + "/a", "text");
  ::setenv("SECRET_KEY", "x", 1);
  ChildLimits limits;
  limits.readable = {read, (scratch / "missing").string()}, limits.writable = {written};
  const auto said = [&](const std::string& request) { return run_in_child("act", {request}, limits)[0].text; };
  EXPECT_EQ(said("read " + read + "/a"), "text");
  EXPECT_EQ(said("write " + written + "/a"), "written");
  if (landlock_version() > 0) {
    EXPECT_EQ(said("read /etc/passwd"), "Permission denied");
    write_file(scratch / "other", "text");
    EXPECT_EQ(said("read " + (scratch / "other").string()), "Permission denied");
    EXPECT_EQ(said("write " + read + "/b"), "Permission denied");
    EXPECT_EQ(said("write " + (scratch / "b").string()), "Permission denied");
  }
  for (const char* refused : {"socket", "exec", "fork"})
    EXPECT_EQ(said(refused), "Function not implemented") << refused;
  EXPECT_EQ(said("kill"), "Function not implemented");
  EXPECT_EQ(said("thread"), "7");
  EXPECT_EQ(said("secret"), "none");
}

// Where there is no Landlock people are told, once. This kernel is made to have none by a filter of its own.
TEST(Child, AMissingLandlockIsSaidOnce) {
  const auto without_landlock = [] {
    const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
    ::seccomp_load(filter);
    const bool works = landlock_version() == 0 && run_in_child("act", {"a", "b"}, {})[1].text == "echo b" &&
                       run_in_child("act", {"c"}, {})[0].text == "echo c";
    std::exit(works ? 0 : 1);
  };
  const auto said_once = [](const std::string& text) {
    const size_t at = text.find("no Landlock");
    return at != std::string::npos && text.find("no Landlock", at + 1) == std::string::npos;
  };
  EXPECT_EXIT(without_landlock(), testing::ExitedWithCode(0), testing::Truly(said_once));
}

TEST(Child, ACrashCostsOneRequest) {
  ChildLimits limits;
  limits.seconds_per_request = 0.5;
  const auto answers = run_in_child("act", {"a", "crash", "b", "loop", "c", "exception", "d"}, limits);
  ASSERT_EQ(answers.size(), 7u);
  for (size_t i : {0, 2, 4, 6}) EXPECT_EQ(answers[i].kind, Kind::kAnswer) << i;
  EXPECT_EQ(answers[1].kind, Kind::kCrash);
  EXPECT_EQ(answers[3].kind, Kind::kTimeout);
  EXPECT_EQ(answers[5].kind, Kind::kCrash);
}

TEST(Child, ItsOwnChildrenDieWithIt) {
  EXPECT_EQ(ask("grandchild", 0.3).kind, Kind::kTimeout);
  EXPECT_EQ(n_children(), "0\n");
}

TEST(Child, DiesWithItsParent) {
  own_name();
  const pid_t parent = ::fork();
  if (parent == 0) {
    ask("loop", 60);
    ::_exit(0);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(n_children(), "1\n");
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_EQ(n_children(), "0\n");
}

TEST(Child, AnUnknownNameIsSaid) {
  const ChildAnswer a = run_in_child("nobody", {"x"}, {})[0];
  EXPECT_EQ(a.kind, Kind::kCrash);
  EXPECT_NE(a.text.find("no child function 'nobody'"), std::string::npos);
}

TEST(Child, ZStopRequestEndsTheWait) {  // last: a stop cannot be taken back
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    request_stop();
  }).detach();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(ask("loop", 60), Stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

int main(int argc, char** argv) {
  register_child("act", act);
  if (argc > 2) register_child(std::string(argv[2]).starts_with("act-") ? argv[2] : "none", act);
  enter_child_if_asked(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
