#include <algorithm>

#include "unit/run/state.h"

namespace gradus {

namespace {

// Levenshtein distance, a change of case for half price; more than `most` comes back as most + 1. In half units.
size_t distance(const std::string& a, const std::string& b, size_t most) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = 2 * j;
  for (size_t x = 1; x <= a.size(); ++x) {
    size_t diagonal = row[0];
    row[0] = 2 * x;
    for (size_t y = 1; y <= b.size(); ++y) {
      const char p = a[x - 1], q = b[y - 1];
      const size_t cost = p == q ? 0
                          : std::tolower(static_cast<unsigned char>(p)) == std::tolower(static_cast<unsigned char>(q))
                              ? 1
                              : 2;
      const size_t next = std::min({row[y] + 2, row[y - 1] + 2, diagonal + cost});
      diagonal = row[y];
      row[y] = next;
    }
  }
  return std::min(row[b.size()], most + 1);
}

}  // namespace

std::string suggestion(const std::string& wrong, const std::vector<std::string>& known) {
  if (wrong.size() > 40) return "";
  const std::string* best = nullptr;
  size_t least = 2 * ((wrong.size() + 3) / 3) + 1;
  for (const std::string& k : known) {
    if (k == wrong || k.size() > 40 || k.empty() || k[0] == '.') continue;
    const size_t allowed = std::min(least - 1, 2 * ((wrong.size() + k.size() + 3) / 6));
    const size_t d = distance(wrong, k, allowed);
    if (d <= allowed && d < least) best = &k, least = d;
  }
  return best ? ". Did you mean: '" + *best + "'?" : "";
}

}  // namespace gradus
