/// Shared by operator.cpp and compare.cpp.
#pragma once

#include "unit/run/state.h"

namespace gradus {

/// Undefined or NotImplemented.
bool is_not_implemented(const Value&);
/// Whether its class may bring methods for operators.
bool has_class_of_language(const Value&);
bool is_set(const Value&);  // a set, a frozenset or a view of a dict
/// Python's dance of __op__ and __rop__; undefined when neither takes it.
Value class_binary(Interpreter&, const Ref<Str>& forward, const Ref<Str>& reflected, const Value& left,
                   const Value& right, bool comparing = false);

}  // namespace gradus
