/// torch.dtype, device, layout, memory_format, Generator, Size, finfo and iinfo.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

/// Makes the native classes; once, before anything else of torch.
void install_types(Interpreter&);
/// Puts torch.float32, torch.device, torch.finfo … into the module.
void add_types(Interpreter&, ModuleObject& torch);

Value from_dtype(Interpreter&, at::ScalarType);
/// What a tensor's type is called, and what a named type is, under test (UnderTest::wide) too.
at::ScalarType shown_type(Interpreter&, at::ScalarType);
at::ScalarType true_type(Interpreter&, at::ScalarType);
void set_name(Interpreter&, ModuleObject&, std::string_view name, Value);
void set_function(Interpreter&, ModuleObject&, std::string_view name, NativeFunction);

}  // namespace gradus
