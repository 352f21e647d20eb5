/// Standard modules that are written in C++; the others are common/unit/prelude/std/*.py.
#pragma once

#include "unit/run/interpreter.h"

namespace gradus {

void fill_math(Interpreter&, ModuleObject&);

}  // namespace gradus
