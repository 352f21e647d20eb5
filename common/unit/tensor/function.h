/// torch.autograd: Function subclasses of the language as nodes of the native graph, grad(), modes.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

/// _torch.function_apply, autograd_grad, set_grad_enabled, …
void add_autograd_functions(Interpreter&, ModuleObject&);

}  // namespace gradus
