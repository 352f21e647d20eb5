#include "unit/run/compiler.h"

/// try, with, and the ways out of them. A `finally` body is compiled once for every way it is reached, as CPython does.
namespace gradus {

void Compiler::open(Block b) {
  b.start = static_cast<int>(code_->instructions.size());
  blocks_.push_back(b);
}

void Compiler::close_range(Block& b) {
  const int end = static_cast<int>(code_->instructions.size());
  if (!b.handler || b.start < 0 || b.start == end) return;
  // Handler targets are not known yet: the range waits in the label's list as a negative index.
  code_->handlers.push_back({b.start, end, 0, b.depth});
  b.handler->jumps.push_back(-static_cast<int>(code_->handlers.size()));
  b.start = -1;
}

Compiler::Block Compiler::close() {
  Block b = blocks_.back();
  close_range(b);
  blocks_.pop_back();
  return b;
}

void Compiler::try_statement(const Stmt& s) {
  if (s.final_body.empty()) return try_except(s);
  Label failed, failed_twice, end;
  const int depth = depth_;
  Block b{Block::Kind::kFinally};
  b.handler = &failed;
  b.depth = depth;
  b.final_body = &s.final_body;
  open(b);
  if (s.handlers.empty())
    body(s.body);
  else
    try_except(s);
  close();
  body(s.final_body);
  jump(Opcode::kJump, end);

  depth_ = depth + 1;
  place_handler(failed);
  emit(Opcode::kPushException);
  Block inside{Block::Kind::kFinallyHandler};
  inside.handler = &failed_twice;
  inside.depth = depth + 2;
  open(inside);
  body(s.final_body);
  close();
  restore_handled_and_reraise();

  depth_ = depth + 3;
  place_handler(failed_twice);
  emit(Opcode::kSwap);
  emit(Opcode::kPop);
  restore_handled_and_reraise();
  end.depth = depth;
  place(end);
}

void Compiler::place_handler(Label& label) {
  const int target = static_cast<int>(code_->instructions.size());
  for (int at : label.jumps) code_->handlers[static_cast<size_t>(-at) - 1].target = target;
}

// previous, exception → raises the exception with `previous` as the one being handled again
void Compiler::restore_handled_and_reraise() {
  emit(Opcode::kSwap);
  emit(Opcode::kPopException);
  emit(Opcode::kReraise);
}

void Compiler::try_except(const Stmt& s) {
  Label failed, failed_twice, end;
  const int depth = depth_;
  Block b{Block::Kind::kExcept};
  b.handler = &failed;
  b.depth = depth;
  open(b);
  body(s.body);
  close();
  body(s.orelse);
  jump(Opcode::kJump, end);

  depth_ = depth + 1;
  place_handler(failed);
  emit(Opcode::kPushException);
  for (const syntax::Handler& h : s.handlers) {
    At at(*this, h.span);
    Label next;
    if (h.type) {
      Block matching{Block::Kind::kHandler};
      matching.handler = &failed_twice;
      matching.depth = depth + 1;
      open(matching);
      expression(*h.type);
      emit(Opcode::kMatchException);
      close();
      jump(Opcode::kJumpIfFalse, next);
    }
    if (h.name.empty())
      emit(Opcode::kPop);
    else
      store_name(h.name);
    Block inside{Block::Kind::kHandler};
    inside.handler = &failed_twice;
    inside.depth = depth + 1;
    inside.name = h.name;
    open(inside);
    body(h.body);
    close();
    emit(Opcode::kPopException);
    forget(h.name);
    jump(Opcode::kJump, end);
    depth_ = depth + 2;
    if (h.type) place(next);
  }
  depth_ = depth + 2;
  restore_handled_and_reraise();
  depth_ = depth + 2;
  place_handler(failed_twice);
  for (const syntax::Handler& h : s.handlers)
    if (!h.name.empty()) {
      forget(h.name);
      break;
    }
  restore_handled_and_reraise();
  end.depth = depth;
  place(end);
}

void Compiler::forget(const std::string& name) {
  if (name.empty()) return;
  load_none();
  store_name(name);
  delete_name(name);
}

void Compiler::with_statement(const Stmt& s, size_t item) {
  if (item == s.with_items.size()) return body(s.body);
  Label failed, failed_twice, suppressed, end;
  expression(*s.with_items[item].context);
  const int depth = depth_;  // of the exit function
  {
    At at(*this, s.with_items[item].context->span);
    emit(Opcode::kWithEnter);
  }
  Block b{Block::Kind::kWith};
  b.handler = &failed;
  b.depth = depth;
  open(b);
  if (s.with_items[item].target)
    assign(*s.with_items[item].target);
  else
    emit(Opcode::kPop);
  with_statement(s, item + 1);
  close();
  At at(*this, s.with_items[item].context->span);
  emit(Opcode::kWithExit);
  jump(Opcode::kJump, end);

  depth_ = depth + 1;
  place_handler(failed);
  emit(Opcode::kPushException);
  Block inside{Block::Kind::kFinallyHandler};
  inside.handler = &failed_twice;
  inside.depth = depth + 1;
  open(inside);
  emit(Opcode::kWithFailed);
  close();
  jump(Opcode::kJumpIfTrue, suppressed);
  restore_handled_and_reraise();
  depth_ = depth + 2;
  place_handler(failed_twice);
  restore_handled_and_reraise();
  suppressed.depth = depth + 2;
  place(suppressed);
  emit(Opcode::kPop);
  emit(Opcode::kPopException);
  emit(Opcode::kPop);
  end.depth = depth - 1;
  place(end);
}

// Leaving

void Compiler::return_statement(const Stmt& s) {
  const int depth = depth_;
  if (s.value)
    expression(*s.value);
  else
    load_none();
  unwind_to(0, true);
  emit(Opcode::kReturn);
  depth_ = depth;
}

void Compiler::leave_loop(const Stmt& s) {
  size_t loop = blocks_.size();
  while (loop > 0 && blocks_[loop - 1].kind != Block::Kind::kLoop) --loop;
  if (loop == 0) fail(s.kind == StmtKind::kBreak ? "'break' outside loop" : "'continue' not properly in loop", s.span);
  const int depth = depth_;
  unwind_to(loop, false);
  const Block target = blocks_[loop - 1];
  if (s.kind == StmtKind::kBreak) {
    if (target.holds_iterator) emit(Opcode::kPop);
    jump(Opcode::kJump, *target.break_to);
  } else {
    jump(Opcode::kJump, *target.continue_to);
  }
  for (size_t i = loop; i < blocks_.size(); ++i)
    if (blocks_[i].handler) blocks_[i].start = static_cast<int>(code_->instructions.size());
  depth_ = depth;
}

// Emits what leaving all blocks above n_blocks takes. Their ranges are closed meanwhile: what runs on the way out is
// no longer protected by them.
void Compiler::unwind_to(size_t n_blocks, bool has_value) {
  std::vector<Block> all = blocks_;
  while (blocks_.size() > n_blocks) {
    Block b = blocks_.back();
    close_range(b);
    blocks_.pop_back();
    unwind(b, has_value);
  }
  blocks_ = std::move(all);
  const int here = static_cast<int>(code_->instructions.size()) + (has_value ? 1 : 0);  // behind kReturn
  for (size_t i = n_blocks; i < blocks_.size(); ++i)
    if (blocks_[i].handler) blocks_[i].start = here;
}

void Compiler::unwind(const Block& b, bool has_value) {
  const auto under_value = [&] {
    if (has_value) emit(Opcode::kSwap);
  };
  switch (b.kind) {
    case Block::Kind::kLoop:
      if (b.holds_iterator) under_value(), emit(Opcode::kPop);
      return;
    case Block::Kind::kExcept:
      return;
    case Block::Kind::kHandler:
      under_value();
      emit(Opcode::kPopException);
      return forget(b.name);
    case Block::Kind::kFinally:
      return body(*b.final_body);
    case Block::Kind::kFinallyHandler:
      under_value();
      emit(Opcode::kPop);
      under_value();
      emit(Opcode::kPopException);
      return;
    case Block::Kind::kWith:
      under_value();
      emit(Opcode::kWithExit);
      return;
  }
}

}  // namespace gradus
