#include "unit/tensor/einops_pattern.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

namespace gradus {

namespace {

bool is_identifier(const std::string& s) {
  if (s.empty() || !(std::isalpha(static_cast<unsigned char>(s[0])) || s[0] == '_')) return false;
  return std::all_of(s.begin(), s.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}
bool is_digits(const std::string& s) {
  return !s.empty() && s.size() < 10 &&
         std::all_of(s.begin(), s.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)); });
}

struct SideParser {
  PatternSide side;
  std::string& error;
  std::vector<std::string>* group = nullptr;  // inside parentheses
  int anonymous = 0;

  void add(const std::string& word) {
    auto seen = side.axes();
    if (word == "1") {
      if (!group) side.groups.emplace_back();
      return;
    }
    std::string axis = word;
    if (is_digits(word)) {
      if (word == "0") return void(error = "Anonymous axis should have length at least 1, not 0");
      axis = "#" + word + ":" + std::to_string(anonymous++);
    } else if (word != "..." && !is_identifier(word)) {
      return void(error = "Invalid axis identifier: " + word);
    } else if (word != "..." && (word[0] == '_' || word.back() == '_') && word != "_") {
      return void(error = "Invalid axis identifier: " + word +
                          "\naxis name should should not start or end with underscore");
    }
    if (std::find(seen.begin(), seen.end(), axis) != seen.end() && axis != "_")
      return void(error = "Indexing expression contains duplicate dimension \"" + axis + "\"");
    if (axis == "...") side.has_ellipsis = true, side.ellipsis_in_group = group != nullptr;
    if (group)
      group->push_back(axis);
    else
      side.groups.push_back({axis});
  }
};

}  // namespace

std::vector<std::string> PatternSide::axes() const {
  std::vector<std::string> all;
  for (const auto& g : groups) all.insert(all.end(), g.begin(), g.end());
  return all;
}

int64_t anonymous_length(const std::string& axis) { return axis[0] == '#' ? std::stoll(axis.substr(1)) : 0; }

PatternSide parse_side(const std::string& text, std::string& error) {
  SideParser p{{}, error};
  std::string word;
  auto flush = [&] {
    if (!word.empty()) p.add(word);
    word.clear();
  };
  for (size_t i = 0; i < text.size() && error.empty(); ++i) {
    char c = text[i];
    if (text.compare(i, 3, "...") == 0) {
      flush();
      p.add("...");
      i += 2;
    } else if (c == '(') {
      flush();
      if (p.group) error = "Axis composition is one-level (brackets inside brackets not allowed)";
      p.side.groups.emplace_back();
      p.group = &p.side.groups.back();
    } else if (c == ')') {
      flush();
      if (!p.group) error = "Brackets are not balanced";
      p.group = nullptr;
    } else if (c == ' ' || c == '\n' || c == '\t') {
      flush();
    } else {
      word += c;
    }
  }
  flush();
  if (p.group && error.empty()) error = "Imbalanced parentheses in expression: \"" + text + "\"";
  return p.side;
}

const EinopsPattern& einops_pattern(const std::string& text) {
  static std::unordered_map<std::string, EinopsPattern> parsed;
  auto [at, is_new] = parsed.try_emplace(text);
  EinopsPattern& p = at->second;
  if (!is_new) return p;
  size_t arrow = text.find("->");
  if (arrow == std::string::npos || text.find("->", arrow + 2) != std::string::npos) {
    p.error = "Pattern should contain one '->'";
    return p;
  }
  p.left = parse_side(text.substr(0, arrow), p.error);
  if (p.error.empty()) p.right = parse_side(text.substr(arrow + 2), p.error);
  if (p.error.empty() && p.right.has_ellipsis && !p.left.has_ellipsis)
    p.error = "Ellipsis found in right side, but not left side of a pattern " + text;
  if (p.error.empty() && p.left.ellipsis_in_group)
    p.error = "Ellipsis inside parenthesis in the left side is not allowed: " + text;
  return p;
}

}  // namespace gradus
