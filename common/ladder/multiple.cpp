#include "ladder/multiple.h"

#include <algorithm>
#include <numeric>

namespace gradus {
namespace {

std::vector<size_t> smallest_first(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<bool> holm(std::span<const double> p, double error) {
  std::vector<bool> out(p.size(), false);
  const auto order = smallest_first(p);
  for (size_t k = 0; k < order.size() && p[order[k]] <= error / double(order.size() - k); ++k) out[order[k]] = true;
  return out;
}

std::vector<bool> benjamini_hochberg(std::span<const double> p, double rate) {
  std::vector<bool> out(p.size(), false);
  const auto order = smallest_first(p);
  size_t most = 0;
  for (size_t k = 0; k < order.size(); ++k)
    if (p[order[k]] <= rate * double(k + 1) / double(order.size())) most = k + 1;
  for (size_t k = 0; k < most; ++k) out[order[k]] = true;
  return out;
}

}  // namespace gradus
