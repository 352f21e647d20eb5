// Attempts to get out, to get hold of the machine or to use it up, and what each gives: tests/unit/escapes.tsv, a line
// an attempt: what it ends with (`ran` where it is harmless), a tab, the source with \n for line ends.
// GRADUS_ESCAPES=print prints the table as it is now.
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tensor_fixture.h"

namespace gradus {
namespace {

std::string unescaped(std::string text) {
  for (size_t at = 0; (at = text.find("\\n", at)) != std::string::npos; ++at) text.replace(at, 2, "\n");
  return text;
}

long peak_kib() {
  rusage used = {};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

std::string outcome(const std::string& source) {
  Limits limits;
  limits.steps = 3'000'000, limits.seconds = 10, limits.tensor_bytes = 1 << 28, limits.container_items = 5'000'000;
  Interpreter in(limits);
  install_torch(in);
  try {
    in.start_clock();
    in.run(
        "import torch, einops, math, itertools, functools, operator, copy, inspect, typing, logging, warnings, "
        "contextlib, dataclasses, collections\n" +
            source,
        "escape.py");
    return "ran";
  } catch (const UnitError& e) {
    return e.message.substr(0, e.message.find('\n')).substr(0, 90);
  }
}

TEST(Escape, EveryAttemptGivesWhatTheTableSays) {
  const char* root = std::getenv("GRADUS_SOURCE");
  std::ifstream table(std::string(root ? root : ".") + "/tests/unit/escapes.tsv");
  const bool print = std::getenv("GRADUS_ESCAPES") != nullptr;
  int n = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t tab = line.find('\t');
    const std::string expected = line.substr(0, tab), source = line.substr(tab + 1);
    if (print) std::cout << source << std::endl;  // before it falls, if it does
    const std::string now = outcome(unescaped(source));
    if (print) std::cout << "= " << now << "\n(peak " << (peak_kib() >> 10) << " MiB)\n";
    EXPECT_EQ(now, expected) << source;
    ++n;
  }
  EXPECT_GT(n, 200);
  EXPECT_LT(peak_kib(), 3 << 20) << "an attempt got hold of the memory";
}

}  // namespace
}  // namespace gradus
