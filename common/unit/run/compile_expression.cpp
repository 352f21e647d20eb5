#include "unit/run/compiler.h"
#include "unit/run/number.h"
#include "unit/run/object.h"

namespace gradus {

// Constants of the source, and tuples of them.
bool Compiler::literal(const Expr& e, Value& v, std::string& key) const {
  switch (e.kind) {
    case ExprKind::kNone:
      v = Value(), key = "None";
      return true;
    case ExprKind::kTrue:
      v = true, key = "True";
      return true;
    case ExprKind::kFalse:
      v = false, key = "False";
      return true;
    case ExprKind::kEllipsis:
      v = interpreter_.builtin("Ellipsis"), key = "...";
      return true;
    case ExprKind::kInteger:
      v = integer_from_text(interpreter_, e.text, 10), key = "i" + e.text;
      return true;
    case ExprKind::kFloat:
      v = e.number, key = "f" + float_repr(e.number);
      return true;
    case ExprKind::kImaginary:
      v = make<Complex>(0.0, e.number), key = "j" + float_repr(e.number);
      return true;
    case ExprKind::kString:
      v = interpreter_.intern(e.text), key = "s" + e.text;
      return true;
    case ExprKind::kBytes:
      v = make<Bytes>(e.text), key = "b" + e.text;
      return true;
    case ExprKind::kUnary:
      if (e.op != Op::kMinus || (e.operand->kind != ExprKind::kInteger && e.operand->kind != ExprKind::kFloat))
        return false;
      literal(*e.operand, v, key);
      v = interpreter_.unary(Op::kMinus, v), key = "-" + key;
      return true;
    case ExprKind::kTuple: {
      std::vector<Value> items(e.items.size());
      key = "(";
      for (size_t i = 0; i < items.size(); ++i) {
        std::string part;
        if (!literal(*e.items[i], items[i], part)) return false;
        key += std::to_string(part.size()) + ":" + part + ",";
      }
      v = make<Tuple>(std::move(items));
      return true;
    }
    default:
      return false;
  }
}

void Compiler::expression(const Expr& e) {
  At at(*this, e.span);
  Value v;
  std::string key;
  if (literal(e, v, key)) return load_constant(v, key);
  switch (e.kind) {
    case ExprKind::kFString:
      for (const auto& part : e.items) expression(*part);
      emit(Opcode::kBuildString, static_cast<int>(e.items.size()));
      return;
    case ExprKind::kFormatted:
      return formatted(e);
    case ExprKind::kName:
      return load_name(e.text);
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kSet:
      return sequence(e);
    case ExprKind::kDict:
      return dict(e);
    case ExprKind::kBinary: {
      expression(*e.left);
      expression(*e.right);
      const int i = emit(Opcode::kBinary, 0, static_cast<int>(e.op));
      code_->anchors.push_back({i, e.left->span, e.right->span, false});
      return;
    }
    case ExprKind::kUnary:
      expression(*e.operand);
      if (e.op == Op::kNot)
        emit(Opcode::kNot);
      else
        emit(Opcode::kUnary, 0, static_cast<int>(e.op));
      return;
    case ExprKind::kBoolean:
      return boolean(e);
    case ExprKind::kCompare:
      return compare(e);
    case ExprKind::kCall:
      return call(e);
    case ExprKind::kAttribute:
      expression(*e.operand);
      emit(Opcode::kLoadAttribute, name_index(e.text), 0, cache());
      return;
    case ExprKind::kSubscript: {
      expression(*e.operand);
      subscript_key(e);
      const int i = emit(Opcode::kLoadItem);
      code_->anchors.push_back({i, e.operand->span, e.span, true});
      return;
    }
    case ExprKind::kSlice: {
      for (const Expr* part : {e.left.get(), e.right.get()})
        if (part)
          expression(*part);
        else
          load_none();
      if (e.third) expression(*e.third);
      emit(Opcode::kBuildSlice, e.third ? 3 : 2);
      return;
    }
    case ExprKind::kLambda: {
      const int flags = e.parameters ? defaults(*e.parameters) : 0;
      Compiler inner(interpreter_, source_, scopes_, scopes_.of.at(&e), this, "<lambda>");
      return make_function(inner.lambda(e), flags);
    }
    case ExprKind::kConditional: {
      Label otherwise, end;
      condition(*e.operand, otherwise, false);
      expression(*e.left);
      jump(Opcode::kJump, end);
      place(otherwise);
      expression(*e.right);
      place(end);
      return;
    }
    case ExprKind::kNamedExpr:
      expression(*e.operand);
      emit(Opcode::kDuplicate);
      store_name(e.text);
      return;
    case ExprKind::kListComp:
    case ExprKind::kSetComp:
    case ExprKind::kGenerator:
    case ExprKind::kDictComp:
      return comprehension_value(e);
    case ExprKind::kYield:
      if (e.operand)
        expression(*e.operand);
      else
        load_none();
      emit(Opcode::kYield);
      return;
    case ExprKind::kYieldFrom:
      return yield_from(e);
    default:
      fail("this expression cannot stand here", e.span);
  }
}

void Compiler::yield_from(const Expr& e) {
  Label again;
  expression(*e.operand);
  emit(Opcode::kIterate);
  load_none();
  place(again);
  emit(Opcode::kYieldFrom);  // runs again after each yield until the inner iterator ends
}

// Jumps to target when the truth of e is jump_if; falls through otherwise.
void Compiler::condition(const Expr& e, Label& target, bool jump_if) {
  if (e.kind == ExprKind::kUnary && e.op == Op::kNot) return condition(*e.operand, target, !jump_if);
  if (e.kind == ExprKind::kBoolean) {
    const bool is_or = e.op == Op::kOr;
    Label end;
    for (size_t i = 0; i < e.items.size(); ++i) {
      const bool last = i + 1 == e.items.size();
      if (last)
        condition(*e.items[i], target, jump_if);
      else if (is_or == jump_if)
        condition(*e.items[i], target, jump_if);
      else
        condition(*e.items[i], end, is_or);
    }
    place(end);
    return;
  }
  expression(e);
  At at(*this, e.span);
  jump(jump_if ? Opcode::kJumpIfTrue : Opcode::kJumpIfFalse, target);
}

void Compiler::formatted(const Expr& e) {
  expression(*e.operand);
  int flag = e.conversion == 's' ? 1 : e.conversion == 'r' ? 2 : e.conversion == 'a' ? 3 : 0;
  if (e.format) expression(*e.format), flag |= 4;
  emit(Opcode::kFormat, 0, flag);
}

void Compiler::build_list(const std::vector<syntax::ExprPtr>& items, bool in_call) {
  int n = 0;
  bool started = false;
  const auto flush = [&] {
    if (!started)
      emit(Opcode::kBuildList, n);
    else
      for (; n > 0; --n) emit(Opcode::kListAppend, n);
    started = true, n = 0;
  };
  for (const auto& item : items) {
    if (item->kind == ExprKind::kStarred) {
      if (!started) flush();
      expression(*item->operand);
      emit(Opcode::kListExtend, 1, in_call);
    } else {
      expression(*item);
      if (started)
        emit(Opcode::kListAppend, 1);
      else
        ++n;
    }
  }
  if (!started) flush();
}

void Compiler::sequence(const Expr& e) {
  bool starred = false;
  for (const auto& item : e.items) starred |= item->kind == ExprKind::kStarred;
  const int n = static_cast<int>(e.items.size());
  if (e.kind == ExprKind::kSet) {
    if (!starred) {
      for (const auto& item : e.items) expression(*item);
      emit(Opcode::kBuildSet, n);
      return;
    }
    emit(Opcode::kBuildSet, 0);
    for (const auto& item : e.items) {
      const bool star = item->kind == ExprKind::kStarred;
      expression(star ? *item->operand : *item);
      emit(star ? Opcode::kSetUpdate : Opcode::kSetAdd, 1);
    }
    return;
  }
  if (starred) {
    build_list(e.items);
    if (e.kind == ExprKind::kTuple) emit(Opcode::kListToTuple);
    return;
  }
  for (const auto& item : e.items) expression(*item);
  emit(e.kind == ExprKind::kTuple ? Opcode::kBuildTuple : Opcode::kBuildList, n);
}

void Compiler::dict(const Expr& e) {
  emit(Opcode::kBuildDict, 0);
  for (size_t i = 0; i < e.items.size(); ++i) {
    if (!e.keys[i]) {
      expression(*e.items[i]);
      emit(Opcode::kDictUpdate, 1);
    } else {
      expression(*e.keys[i]);
      expression(*e.items[i]);
      emit(Opcode::kDictAdd, 1);
    }
  }
}

void Compiler::compare(const Expr& e) {
  expression(*e.left);
  if (e.ops.size() == 1) {
    expression(*e.items[0]);
    emit(Opcode::kCompare, 0, static_cast<int>(e.ops[0]));
    return;
  }
  Label fails, end;
  for (size_t i = 0; i < e.ops.size(); ++i) {
    expression(*e.items[i]);
    if (i + 1 == e.ops.size()) {
      emit(Opcode::kCompare, 0, static_cast<int>(e.ops[i]));
      break;
    }
    emit(Opcode::kDuplicate);
    emit(Opcode::kRotateThree);
    emit(Opcode::kCompare, 0, static_cast<int>(e.ops[i]));
    jump(Opcode::kJumpIfFalseOrPop, fails);
  }
  jump(Opcode::kJump, end);
  place(fails);
  emit(Opcode::kSwap);
  emit(Opcode::kPop);
  place(end);
}

void Compiler::boolean(const Expr& e) {
  Label end;
  for (size_t i = 0; i < e.items.size(); ++i) {
    expression(*e.items[i]);
    if (i + 1 < e.items.size()) jump(e.op == Op::kOr ? Opcode::kJumpIfTrueOrPop : Opcode::kJumpIfFalseOrPop, end);
  }
  place(end);
}

// Calls

bool Compiler::simple_call(const Expr& e) const {
  for (const auto& item : e.items)
    if (item->kind == ExprKind::kStarred) return false;
  for (const auto& k : e.keywords)
    if (k.name.empty()) return false;
  return e.items.size() + e.keywords.size() < 250;
}

void Compiler::call(const Expr& e) {
  if (!simple_call(e)) return call_expanded(e);
  if (e.operand->kind == ExprKind::kAttribute) {
    expression(*e.operand->operand);
    {
      At at(*this, e.operand->span);
      emit(Opcode::kLoadMethod, name_index(e.operand->text), 0, cache());
    }
    return arguments(e, Opcode::kCallMethod, Opcode::kCallMethodKeywords);
  }
  expression(*e.operand);
  arguments(e, Opcode::kCall, Opcode::kCallKeywords);
}

void Compiler::arguments(const Expr& e, Opcode plain, Opcode with_keywords) {
  for (const auto& item : e.items) expression(*item);
  const int n = static_cast<int>(e.items.size() + e.keywords.size());
  if (e.keywords.empty()) {
    emit(plain, n);
    return;
  }
  std::vector<Ref<Str>> names;
  for (const auto& k : e.keywords) {
    names.push_back(interpreter_.intern(k.name));
    expression(*k.value);
  }
  code_->keyword_names.push_back(std::move(names));
  emit(with_keywords, n, 0, static_cast<int>(code_->keyword_names.size()) - 1);
}

void Compiler::call_expanded(const Expr& e) {
  expression(*e.operand);
  build_list(e.items, true);
  if (!e.keywords.empty()) keyword_dict(e.keywords, true);
  emit(Opcode::kCallExpanded, 0, !e.keywords.empty());
}

void Compiler::keyword_dict(const std::vector<syntax::Keyword>& keywords, bool in_call) {
  emit(Opcode::kBuildDict, 0);
  for (const auto& k : keywords) {
    if (k.name.empty()) {
      expression(*k.value);
      emit(Opcode::kDictMerge, 1, in_call);
    } else {
      load_text(k.name);
      expression(*k.value);
      emit(Opcode::kDictAdd, 1, 1);  // flag: a second value for a keyword is an error
    }
  }
}

void Compiler::subscript_key(const Expr& e) { expression(*e.left); }

// Comprehensions are functions of one argument, the iterator of their first clause.

void Compiler::comprehension_value(const Expr& e) {
  const char* name = e.kind == ExprKind::kListComp   ? "<listcomp>"
                     : e.kind == ExprKind::kSetComp  ? "<setcomp>"
                     : e.kind == ExprKind::kDictComp ? "<dictcomp>"
                                                     : "<genexpr>";
  Compiler inner(interpreter_, source_, scopes_, scopes_.of.at(&e), this, name);
  make_function(inner.comprehension(e), 0);
  expression(*e.clauses[0].iterable);
  {
    At at(*this, e.clauses[0].iterable->span);
    emit(Opcode::kIterate);
  }
  emit(Opcode::kCall, 1);
}

std::shared_ptr<Code> Compiler::comprehension(const Expr& e) {
  code_->first_line = e.span.line;
  span_ = e.span;
  add_slots();
  code_->n_positional = 1;
  const bool generator = e.kind == ExprKind::kGenerator;
  code_->is_generator = generator;
  if (!generator)
    emit(e.kind == ExprKind::kListComp  ? Opcode::kBuildList
         : e.kind == ExprKind::kSetComp ? Opcode::kBuildSet
                                        : Opcode::kBuildDict,
         0);
  emit(Opcode::kLoadLocal, 0);
  clause(e, 0, 1);
  if (generator) load_none();
  emit(Opcode::kReturn);
  finish();
  return code_;
}

// On the stack: the result (not for generators), then the iterators of the clauses so far.
void Compiler::clause(const Expr& e, size_t i, int depth) {
  const syntax::Comprehension& c = e.clauses[i];
  if (i > 0) {
    expression(*c.iterable);
    At at(*this, c.iterable->span);
    emit(Opcode::kIterate);
  }
  Label again, end;
  place(again);
  {
    At at(*this, c.iterable->span);
    jump(Opcode::kForNext, end);
  }
  assign(*c.target);
  for (const auto& test : c.conditions) condition(*test, again, false);
  if (i + 1 < e.clauses.size())
    clause(e, i + 1, depth + 1);
  else
    element(e, depth);
  jump(Opcode::kJump, again);
  place(end);
}

void Compiler::element(const Expr& e, int depth) {
  expression(*e.left);
  if (e.kind == ExprKind::kDictComp) {
    expression(*e.right);
    emit(Opcode::kDictAdd, depth + 1);
  } else if (e.kind == ExprKind::kGenerator) {
    emit(Opcode::kYield);
    emit(Opcode::kPop);
  } else {
    emit(e.kind == ExprKind::kListComp ? Opcode::kListAppend : Opcode::kSetAdd, depth + 1);
  }
}

}  // namespace gradus
