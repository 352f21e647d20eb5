// Names that the patterns of a match statement bind.
#include <algorithm>

#include "unit/syntax/scope_walk.h"

namespace gradus::syntax {

void Walker::capture(const std::string& name, Span span, std::vector<std::string>& captured) {
  if (name.empty()) return;
  if (std::find(captured.begin(), captured.end(), name) != captured.end())
    fail(span, "multiple assignments to name '" + name + "' in pattern");
  captured.push_back(name);
  bind(name, span);
}

void Walker::pattern(const Pattern& p, std::vector<std::string>& captured) {
  if (p.kind == PatternKind::kOr) return or_pattern(p, captured);
  expression(p.value);
  for (const auto& k : p.keys) expression(k);
  if (p.kind == PatternKind::kSequence && std::count_if(p.patterns.begin(), p.patterns.end(), [](const auto& x) {
                                            return x->kind == PatternKind::kStar;
                                          }) > 1)
    fail(p.span, "multiple starred expressions in sequence pattern");
  for (const auto& x : p.patterns) pattern(*x, captured);
  for (const auto& x : p.keyword_patterns) pattern(*x, captured);
  if (p.pattern) pattern(*p.pattern, captured);
  capture(p.name, p.span, captured);
}

void Walker::or_pattern(const Pattern& p, std::vector<std::string>& captured) {
  std::vector<std::string> first;
  for (size_t i = 0; i < p.patterns.size(); ++i) {
    if (i + 1 < p.patterns.size()) must_be_refutable(*p.patterns[i]);
    std::vector<std::string> own = captured;
    pattern(*p.patterns[i], own);
    std::sort(own.begin(), own.end());
    if (i == 0)
      first = own;
    else if (own != first)
      fail(p.span, "alternative patterns bind different names");
  }
  captured = first;
}

/// Only the last case, and the last of alternatives, may match everything.
void Walker::must_be_refutable(const Pattern& p) const {
  if (p.kind == PatternKind::kOr && !p.patterns.empty()) return must_be_refutable(*p.patterns.back());
  if (p.kind != PatternKind::kAs) return;
  if (p.pattern) return must_be_refutable(*p.pattern);
  fail(p.span, p.name.empty() ? "wildcard makes remaining patterns unreachable"
                              : "name capture '" + p.name + "' makes remaining patterns unreachable");
}

void Walker::match(const Stmt& s) {
  expression(s.value);
  for (size_t i = 0; i < s.cases.size(); ++i) {
    const MatchCase& c = s.cases[i];
    if (i + 1 < s.cases.size() && !c.guard) must_be_refutable(*c.pattern);
    std::vector<std::string> captured;
    pattern(*c.pattern, captured);
    expression(c.guard);
    body(c.body);
  }
}

}  // namespace gradus::syntax
