/// What the longer instructions do; only evaluate*.cpp include this. `top` is one past the top of the stack.
#pragma once

#include "unit/run/state.h"

namespace gradus {

inline void push(Value*& top, Value v) { new (top++) Value(std::move(v)); }
inline Value pop(Value*& top) {
  Value v = std::move(*--top);
  return v;
}
inline void drop(Value*& top, size_t n) {
  while (n-- > 0) (--top)->~Value();
}

// evaluate_steps.cpp
[[noreturn]] void unbound(Interpreter&, const Frame&, int slot, bool free);
[[noreturn]] void no_name(Interpreter&, const Frame&, const std::string& name);
Value* find_global(Interpreter&, const Frame&, const Str* name, InlineCache&);
Value make_function_value(const Frame&, const std::shared_ptr<Code>&, int flags, Value*& top);
/// The first of the unpacked values ends on top.
void unpack(Interpreter&, Value*& top, size_t before, size_t after, bool starred);
void merge_keywords(Interpreter&, Dict& into, const Value& from, const std::string& function);
Value call_expanded(Interpreter&, Value* top, bool has_keywords);
Value build_string(Interpreter&, const Value* parts, int n);
Value format_field(Interpreter&, const Value&, int flag, const Value* spec);
void enter_context(Interpreter&, Value*& top);
bool failed_context(Interpreter&, const Value* top);
Value build_class_value(Interpreter&, Value* top, const std::string& name, bool has_keywords);
/// generator.throw(): inside `yield from` the inner generator gets the exception first; what it yields then is yielded
/// by this one too.
bool pass_inward(Interpreter&, Frame&, Value* top, const Value& thrown, Value& yielded);

// evaluate_match.cpp
bool matches_sequence(const Value&);
Value match_keys(Interpreter&, const Value& subject, const Value& keys);
Value match_rest(Interpreter&, const Value& subject, const Value& keys);
Value match_class(Interpreter&, const Value& subject, const Value& type, const Value& names, int n_positional);

}  // namespace gradus
