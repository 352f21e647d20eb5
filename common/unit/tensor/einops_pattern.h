/// The patterns of einops: `b (h d) ... -> b h ... d`.
#pragma once

#include <string>
#include <vector>

namespace gradus {

/// One side of a pattern: groups of axes in order. `1` is a group without axes; `...` an axis of that name, alone or in
/// parentheses.
struct PatternSide {
  std::vector<std::vector<std::string>> groups;
  bool has_ellipsis = false, ellipsis_in_group = false;
  std::vector<std::string> axes() const;
};
struct EinopsPattern {
  PatternSide left, right;
  std::string error;  // why it is no pattern; empty: fine
};

/// Parsed once a process for every text. Anonymous axes (numbers above 1) get names `#3:0`, with their length in front.
const EinopsPattern& einops_pattern(const std::string& text);
PatternSide parse_side(const std::string& text, std::string& error);
/// The length of an anonymous axis, or 0.
int64_t anonymous_length(const std::string& axis);

}  // namespace gradus
