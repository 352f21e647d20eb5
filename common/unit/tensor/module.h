/// nn.Module's native part: what is registered under which name, and walks over it. The rest of Module is written in
/// the unit language (prelude/torch/nn/_module.py).
#pragma once

#include <functional>
#include <unordered_set>

#include "unit/tensor/tensor.h"

namespace gradus {

/// Instance::extra of a Module once Module.__init__ ran. The values are attributes of the instance; these are the
/// names, in the order of registration.
struct ModuleData {
  std::vector<Ref<Str>> parameters, buffers, modules;
  std::unordered_set<const Str*> not_persistent;
};

bool is_module(const Value&);
ModuleData& module_data(Interpreter&, const Value& module);  // raises before Module.__init__

/// Every module below and including this one, once, with its dotted name.
void walk_modules(Interpreter&, const Value& module, const std::string& prefix,
                  const std::function<void(const std::string&, const Value&)>& visit);

/// _torch.module_init, module_call, …: methods, for the prelude to put into its class.
void add_module_functions(Interpreter&, ModuleObject&);

}  // namespace gradus
