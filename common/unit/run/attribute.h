/// Shared by attribute.cpp and attribute_store.cpp.
#pragma once

#include "unit/run/state.h"

namespace gradus {

bool is_data_descriptor(Interpreter&, const Value&);
/// The table of an object's own attributes, which may be null; nullptr for kinds that have none.
Ref<Dict>* own_attributes(const Value&);
Ref<Str> interned(Interpreter&, const Ref<Str>& name);

}  // namespace gradus
