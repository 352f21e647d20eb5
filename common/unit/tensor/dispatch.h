/// The one door to ATen: every operator call of the language goes through call_operator, which seeds random draws,
/// refuses what would not fit into memory, tells the observer, and turns ATen's errors into the language's.
#pragma once

#include <initializer_list>

#include "unit/tensor/state.h"

namespace gradus {

/// Arguments on the stack are replaced by results.
void call_operator(Interpreter&, const Overload&, c10::Stack&);

/// The first result, for callers in C++.
c10::IValue apply_operator(Interpreter&, const Overload&, std::initializer_list<c10::IValue> arguments);
inline at::Tensor apply_tensor(Interpreter& in, const Overload& o, std::initializer_list<c10::IValue> arguments) {
  return apply_operator(in, o, arguments).toTensor();
}

/// A call as Python makes it: picks the overload, converts, calls, converts back.
Value call_bound(Interpreter&, BoundOperator&, const Arguments&);
BoundOperator& bound_operator(Interpreter&, const std::string& name);
/// For native functions written on top of operators: by name, with values.
Value call_named(Interpreter&, const std::string& name, std::initializer_list<Value> positional,
                 std::initializer_list<std::pair<std::string_view, Value>> keywords = {});

/// Runs f; an error of ATen becomes an exception of the language.
void translate_errors(Interpreter&, const c10::OperatorHandle*, const c10::Stack*, const std::exception&);
template <class F>
auto guarded(Interpreter& in, F&& f) {
  try {
    return f();
  } catch (const c10::Error& e) {
    translate_errors(in, nullptr, nullptr, e);
    throw;
  } catch (const std::bad_alloc& e) {
    translate_errors(in, nullptr, nullptr, e);
    throw;
  }
}

/// The next seed of the random scope.
uint64_t next_draw(Interpreter&);

}  // namespace gradus
