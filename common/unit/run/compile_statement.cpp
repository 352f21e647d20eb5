#include "unit/run/compiler.h"

namespace gradus {

void Compiler::body(const Body& statements) {
  for (const auto& s : statements) statement(*s);
}

void Compiler::statement(const Stmt& s) {
  At at(*this, s.span);
  switch (s.kind) {
    case StmtKind::kExpr:
      if (s.value->kind == ExprKind::kString || s.value->kind == ExprKind::kEllipsis) return;
      expression(*s.value);
      emit(Opcode::kPop);
      return;
    case StmtKind::kAssign:
      expression(*s.value);
      for (size_t i = 0; i < s.targets.size(); ++i) {
        if (i + 1 < s.targets.size()) emit(Opcode::kDuplicate);
        assign(*s.targets[i]);
      }
      return;
    case StmtKind::kAugAssign:
      return augmented(s);
    case StmtKind::kAnnAssign:
      return annotated(s);
    case StmtKind::kReturn:
      return return_statement(s);
    case StmtKind::kDelete:
      for (const auto& t : s.targets) remove(*t);
      return;
    case StmtKind::kPass:
    case StmtKind::kGlobal:
    case StmtKind::kNonlocal:
      return;
    case StmtKind::kBreak:
    case StmtKind::kContinue:
      return leave_loop(s);
    case StmtKind::kRaise:
      if (s.value) expression(*s.value);
      if (s.cause) expression(*s.cause);
      emit(Opcode::kRaise, (s.value ? 1 : 0) + (s.cause ? 1 : 0));
      return;
    case StmtKind::kAssert:
      return assert_statement(s);
    case StmtKind::kImport:
      return import_statement(s);
    case StmtKind::kImportFrom:
      return import_from(s);
    case StmtKind::kIf:
      return if_statement(s);
    case StmtKind::kWhile:
      return while_statement(s);
    case StmtKind::kFor:
      return for_statement(s);
    case StmtKind::kWith:
      return with_statement(s, 0);
    case StmtKind::kTry:
      return try_statement(s);
    case StmtKind::kFunction:
      return function_definition(s);
    case StmtKind::kClass:
      return class_definition(s);
    case StmtKind::kMatch:
      return match_statement(s);
  }
}

void Compiler::assign(const Expr& t) {
  At at(*this, t.span);
  switch (t.kind) {
    case ExprKind::kName:
      return store_name(t.text);
    case ExprKind::kTuple:
    case ExprKind::kList:
      return assign_unpacked(t.items, t.span);
    case ExprKind::kAttribute:
      expression(*t.operand);
      emit(Opcode::kStoreAttribute, name_index(t.text), 0, cache());
      return;
    case ExprKind::kSubscript:
      expression(*t.operand);
      subscript_key(t);
      emit(Opcode::kStoreItem);
      return;
    case ExprKind::kStarred:
      return assign(*t.operand);
    default:
      fail("cannot assign to this expression", t.span);
  }
}

void Compiler::assign_unpacked(const std::vector<syntax::ExprPtr>& items, const Span&) {
  size_t star = items.size();
  for (size_t i = 0; i < items.size(); ++i)
    if (items[i]->kind == ExprKind::kStarred) star = i;
  const int n = static_cast<int>(items.size());
  if (star == items.size())
    emit(Opcode::kUnpack, n);
  else
    emit(Opcode::kUnpackStarred, static_cast<int>(star), n - 1 - static_cast<int>(star));
  for (const auto& item : items) assign(*item);
}

void Compiler::augmented(const Stmt& s) {
  const Expr& t = *s.target;
  const int op = static_cast<int>(s.op);
  if (t.kind == ExprKind::kAttribute) {
    expression(*t.operand);
    emit(Opcode::kDuplicate);
    emit(Opcode::kLoadAttribute, name_index(t.text), 0, cache());
    expression(*s.value);
    emit(Opcode::kInPlace, 0, op);
    emit(Opcode::kSwap);
    emit(Opcode::kStoreAttribute, name_index(t.text), 0, cache());
  } else if (t.kind == ExprKind::kSubscript) {
    expression(*t.operand);
    subscript_key(t);
    emit(Opcode::kDuplicateTwo);
    emit(Opcode::kLoadItem);
    expression(*s.value);
    emit(Opcode::kInPlace, 0, op);
    emit(Opcode::kRotateThree);
    emit(Opcode::kStoreItem);
  } else {
    load_name(t.text);
    expression(*s.value);
    emit(Opcode::kInPlace, 0, op);
    store_name(t.text);
  }
}

void Compiler::annotated(const Stmt& s) {
  if (s.value) {
    expression(*s.value);
    assign(*s.target);
  }
  if (scope_->kind == syntax::Scope::Kind::kClass && s.target->kind == ExprKind::kName && s.annotation) {
    const std::string text = annotation_text(*s.annotation);
    const int value = constant(interpreter_.make_str(text), "s" + text);
    emit(Opcode::kAnnotate, name_index(s.target->text), 0, value);
  }
}

void Compiler::remove(const Expr& t) {
  At at(*this, t.span);
  switch (t.kind) {
    case ExprKind::kName:
      return delete_name(t.text);
    case ExprKind::kTuple:
    case ExprKind::kList:
      for (const auto& item : t.items) remove(*item);
      return;
    case ExprKind::kAttribute:
      expression(*t.operand);
      emit(Opcode::kDeleteAttribute, name_index(t.text));
      return;
    case ExprKind::kSubscript:
      expression(*t.operand);
      subscript_key(t);
      emit(Opcode::kDeleteItem);
      return;
    default:
      fail("cannot delete this expression", t.span);
  }
}

void Compiler::if_statement(const Stmt& s) {
  Label otherwise, end;
  condition(*s.value, otherwise, false);
  body(s.body);
  if (s.orelse.empty()) {
    place(otherwise);
    return;
  }
  jump(Opcode::kJump, end);
  place(otherwise);
  body(s.orelse);
  place(end);
}

void Compiler::while_statement(const Stmt& s) {
  Label again, otherwise;
  place(again);
  condition(*s.value, otherwise, false);
  loop_body(s, again, otherwise);
}

void Compiler::for_statement(const Stmt& s) {
  Label again, otherwise;
  expression(*s.value);
  emit(Opcode::kIterate);
  place(again);
  jump(Opcode::kForNext, otherwise);
  loop_body(s, again, otherwise);
}

/// From the test of a loop on: the body, back to `again`, and at `otherwise` the else.
void Compiler::loop_body(const Stmt& s, Label& again, Label& otherwise) {
  Label end;
  Block loop{Block::Kind::kLoop};
  loop.break_to = &end;
  loop.continue_to = &again;
  loop.holds_iterator = s.kind == StmtKind::kFor;
  blocks_.push_back(loop);
  if (loop.holds_iterator) assign(*s.target);
  body(s.body);
  blocks_.pop_back();
  jump(Opcode::kJump, again);
  place(otherwise);
  body(s.orelse);
  place(end);
}

void Compiler::import_statement(const Stmt& s) {
  for (const syntax::Alias& a : s.aliases) {
    const bool whole = a.as_name.empty();
    emit(Opcode::kImport, name_index(a.name), whole ? 0 : 1);
    store_name(whole ? a.name.substr(0, a.name.find('.')) : a.as_name);
  }
}

void Compiler::import_from(const Stmt& s) {
  emit(Opcode::kImport, name_index(s.name), 1, s.level);
  for (const syntax::Alias& a : s.aliases) {
    if (a.name == "*") {
      emit(Opcode::kImportStar);
      return;
    }
    emit(Opcode::kImportFrom, name_index(a.name));
    store_name(a.as_name.empty() ? a.name : a.as_name);
  }
  emit(Opcode::kPop);
}

void Compiler::assert_statement(const Stmt& s) {
  Label holds;
  condition(*s.value, holds, true);
  if (s.cause) expression(*s.cause);
  At at(*this, s.value->span);
  emit(Opcode::kAssertFail, 0, s.cause ? 1 : 0);
  place(holds);
}

}  // namespace gradus
