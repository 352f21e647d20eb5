#include <algorithm>
#include <map>

#include "agent/novelty.h"

namespace gradus {
namespace {

/// The text of a subtree; fills `counts` with the subtrees below and here, and `sizes` with their units.
std::string index(const UnitNode& node, std::map<std::string, int>& counts, std::map<std::string, size_t>& sizes) {
  std::string text = node.unit + "(";
  for (const auto& [name, value] : node.arguments) text += name + "=" + value.dump() + ",";
  text += ";";
  for (const auto& [name, child] : node.slots) text += name + ":" + index(child, counts, sizes) + ",";
  text += ")";
  ++counts[text];
  sizes[text] = count_nodes(node);
  return text;
}

/// Units of `node` in subtrees that `counts` still has, largest first; takes them out of `counts`.
size_t shared(const UnitNode& node, std::map<std::string, int>& counts) {
  std::map<std::string, int> mine;
  std::map<std::string, size_t> sizes;
  const std::string text = index(node, mine, sizes);
  if (const auto found = counts.find(text); found != counts.end() && found->second > 0) {
    for (const auto& [subtree, n] : mine) counts[subtree] -= n;
    return sizes[text];
  }
  size_t sum = 0;
  for (const auto& [name, child] : node.slots) sum += shared(child, counts);
  return sum;
}

/// Units to change place by place; other arguments of the same unit count half.
double aligned(const UnitNode& a, const UnitNode& b) {
  double cost = a.unit != b.unit ? 1 : a.arguments != b.arguments ? 0.5 : 0;
  for (const auto& [name, child] : a.slots) {
    const auto other = b.slots.find(name);
    cost += other == b.slots.end() ? double(count_nodes(child)) : aligned(child, other->second);
  }
  for (const auto& [name, child] : b.slots)
    if (!a.slots.count(name)) cost += double(count_nodes(child));
  return cost;
}

}  // namespace

double tree_distance(const Design& a, const Design& b) {
  const double n_a = double(count_nodes(a.root)), n_b = double(count_nodes(b.root));
  std::map<std::string, int> counts;
  std::map<std::string, size_t> sizes;
  index(a.root, counts, sizes);
  const double by_subtree = 1 - 2 * double(shared(b.root, counts)) / (n_a + n_b);
  const double by_place = std::min(1.0, aligned(a.root, b.root) / std::max(n_a, n_b));
  return std::min(by_subtree, by_place);
}

}  // namespace gradus
