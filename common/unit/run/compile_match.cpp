#include "unit/run/compiler.h"

/// match statements. The subject lies on the stack while its patterns are tried; a pattern leaves the stack as it found
/// it, minus its own subject, and jumps to `fail_to` with the same depth when it does not hold.
namespace gradus {

using syntax::Pattern;
using syntax::PatternKind;

void Compiler::match_statement(const Stmt& s) {
  Label end;
  expression(*s.value);
  for (const syntax::MatchCase& c : s.cases) {
    Label next;
    emit(Opcode::kDuplicate);
    pattern(*c.pattern, next);
    if (c.guard) condition(*c.guard, next, false);
    emit(Opcode::kPop);
    body(c.body);
    jump(Opcode::kJump, end);
    depth_ = end.depth + 1;
    place(next);
    depth_ = end.depth + 1;
  }
  emit(Opcode::kPop);
  place(end);
}

// Jumps to fail_to when the top of the stack is false, after dropping `pops` values below it.
void Compiler::fail_pattern(Opcode test, Label& fail_to, int pops) {
  Label holds;
  jump(test, holds);
  const int depth = depth_;
  for (int i = 0; i < pops; ++i) emit(Opcode::kPop);
  jump(Opcode::kJump, fail_to);
  depth_ = depth;
  place(holds);
}

void Compiler::pattern(const Pattern& p, Label& fail_to) {
  At at(*this, p.span);
  switch (p.kind) {
    case PatternKind::kValue:
    case PatternKind::kSingleton:
      expression(*p.value);
      emit(Opcode::kCompare, 0, static_cast<int>(p.kind == PatternKind::kValue ? Op::kEqual : Op::kIs));
      jump(Opcode::kJumpIfFalse, fail_to);
      return;
    case PatternKind::kAs:
      if (p.pattern) {
        Label inner;
        emit(Opcode::kDuplicate);
        pattern(*p.pattern, inner);
        if (p.name.empty())
          emit(Opcode::kPop);
        else
          store_name(p.name);
        if (inner.jumps.empty()) return;
        Label done;
        const int depth = depth_;
        jump(Opcode::kJump, done);
        place(inner);
        depth_ = depth + 1;
        emit(Opcode::kPop);
        jump(Opcode::kJump, fail_to);
        depth_ = depth;
        place(done);
        return;
      }
      if (p.name.empty())
        emit(Opcode::kPop);
      else
        store_name(p.name);
      return;
    case PatternKind::kSequence:
      return pattern_sequence(p, fail_to);
    case PatternKind::kMapping:
      return pattern_mapping(p, fail_to);
    case PatternKind::kClass:
      return pattern_class(p, fail_to);
    case PatternKind::kOr:
      return pattern_or(p, fail_to);
    case PatternKind::kStar:
      fail("a starred pattern cannot stand here", p.span);
  }
}

// The parts of a pattern, as a list on the stack: each is taken out, tried, and the list dropped at the end.
void Compiler::parts(const std::vector<const Pattern*>& patterns, Label& fail_to, bool from_the_last) {
  Label inner, done;
  for (size_t n = 0; n < patterns.size(); ++n) {
    const size_t k = from_the_last ? patterns.size() - 1 - n : n;
    const Pattern& p = *patterns[k];
    if (p.kind == PatternKind::kStar && p.name.empty()) continue;
    emit(Opcode::kDuplicate);
    load_constant(static_cast<int64_t>(k), "i" + std::to_string(k));
    emit(Opcode::kLoadItem);
    if (p.kind == PatternKind::kStar)
      store_name(p.name);
    else
      pattern(p, inner);
  }
  emit(Opcode::kPop);
  if (inner.jumps.empty()) return;
  const int depth = depth_;
  jump(Opcode::kJump, done);
  place(inner);
  depth_ = depth + 1;
  emit(Opcode::kPop);
  jump(Opcode::kJump, fail_to);
  depth_ = depth;
  place(done);
}

void Compiler::pattern_sequence(const Pattern& p, Label& fail_to) {
  size_t star = p.patterns.size();
  for (size_t i = 0; i < star; ++i)
    if (p.patterns[i]->kind == PatternKind::kStar) star = i;
  const bool starred = star < p.patterns.size();
  emit(Opcode::kMatchSequence);
  fail_pattern(Opcode::kJumpIfTrue, fail_to, 1);
  const int64_t n = static_cast<int64_t>(p.patterns.size()) - starred;
  emit(Opcode::kMatchLength);
  load_constant(n, "i" + std::to_string(n));
  emit(Opcode::kCompare, 0, static_cast<int>(starred ? Op::kGreaterEqual : Op::kEqual));
  fail_pattern(Opcode::kJumpIfTrue, fail_to, 1);
  // Unpacks in order, then builds the list the parts are taken from.
  std::vector<const Pattern*> patterns;
  const int total = static_cast<int>(p.patterns.size());
  if (starred)
    emit(Opcode::kUnpackStarred, static_cast<int>(star), total - 1 - static_cast<int>(star));
  else
    emit(Opcode::kUnpack, total);
  emit(Opcode::kBuildTuple, total);  // unpacking puts the first on top: the tuple is in reverse
  for (size_t i = p.patterns.size(); i-- > 0;) patterns.push_back(p.patterns[i].get());
  parts(patterns, fail_to, true);
}

void Compiler::pattern_mapping(const Pattern& p, Label& fail_to) {
  emit(Opcode::kMatchMapping);
  fail_pattern(Opcode::kJumpIfTrue, fail_to, 1);
  for (const auto& key : p.keys) expression(*key);
  emit(Opcode::kBuildTuple, static_cast<int>(p.keys.size()));
  emit(Opcode::kMatchKeys);  // subject, keys → subject, keys, values or None
  emit(Opcode::kDuplicate);
  load_none();
  emit(Opcode::kCompare, 0, static_cast<int>(Op::kIsNot));
  fail_pattern(Opcode::kJumpIfTrue, fail_to, 3);
  if (!p.name.empty()) {
    emit(Opcode::kMatchRest);  // subject, keys, values → subject, keys, values, rest
    store_name(p.name);
  }
  emit(Opcode::kRotateThree);
  emit(Opcode::kPop);
  emit(Opcode::kPop);
  std::vector<const Pattern*> patterns;
  for (const auto& q : p.patterns) patterns.push_back(q.get());
  parts(patterns, fail_to);
}

void Compiler::pattern_class(const Pattern& p, Label& fail_to) {
  expression(*p.value);
  std::vector<Value> names;
  std::string key = "k";
  for (const std::string& n : p.keyword_names) names.push_back(interpreter_.intern(n)), key += n + ",";
  code_->constants.push_back(make<Tuple>(std::move(names)));
  emit(Opcode::kConstant, static_cast<int>(code_->constants.size()) - 1);
  emit(Opcode::kMatchClass, static_cast<int>(p.patterns.size()));  // subject, class, names → subject, values or None
  emit(Opcode::kSwap);
  emit(Opcode::kPop);
  emit(Opcode::kDuplicate);
  load_none();
  emit(Opcode::kCompare, 0, static_cast<int>(Op::kIsNot));
  fail_pattern(Opcode::kJumpIfTrue, fail_to, 1);
  std::vector<const Pattern*> patterns;
  for (const auto& q : p.patterns) patterns.push_back(q.get());
  for (const auto& q : p.keyword_patterns) patterns.push_back(q.get());
  parts(patterns, fail_to);
}

void Compiler::pattern_or(const Pattern& p, Label& fail_to) {
  Label done;
  const int depth = depth_;
  for (size_t i = 0; i < p.patterns.size(); ++i) {
    Label next;
    depth_ = depth;
    emit(Opcode::kDuplicate);
    pattern(*p.patterns[i], next);
    emit(Opcode::kPop);
    jump(Opcode::kJump, done);
    place(next);
    depth_ = depth;
  }
  emit(Opcode::kPop);
  jump(Opcode::kJump, fail_to);
  depth_ = depth - 1;
  place(done);
}

}  // namespace gradus
