/// The functions of torch, torch.nn.functional's native part, torch.fft, torch.linalg and torch.special.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

void add_functions(Interpreter&, ModuleObject& torch);
void add_neural(Interpreter&, ModuleObject&);
/// "fft_": torch.fft.rfft is the operator fft_rfft.
void add_prefixed(Interpreter&, ModuleObject&, std::string_view prefix);

}  // namespace gradus
