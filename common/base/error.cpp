#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace gradus {

int worst_exit(int a, int b) {
  auto rank = [](int code) {
    return code == kNotDone ? 3 : code == kResume ? 2 : code == kNo ? 1 : code == kDone ? 0 : 4;
  };
  return rank(a) >= rank(b) ? a : b;
}

void require(bool condition, const char* what, const char* file, int line) {
  if (condition) return;
  std::string name = file;
  name = name.substr(name.rfind('/') + 1);
  throw std::logic_error("bug in Gradus (" + name + ":" + std::to_string(line) + "): " + what);
}

void throw_errno(std::string_view action, std::string_view path) {
  const int code = errno;
  throw Error(std::string(action) + " '" + std::string(path) + "': " + std::strerror(code));
}

// Damerau-Levenshtein over adjacent swaps: 'haed' is one step from 'head'. '-' and '_' count as the same letter.
size_t edit_distance(std::string_view a, std::string_view b) {
  auto same = [](char x, char y) { return x == y || ((x == '-' || x == '_') && (y == '-' || y == '_')); };
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + !same(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace gradus
