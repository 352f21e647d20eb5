// Runs a source of the unit language and looks at what it leaves.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "unit/tensor/tensor.h"

namespace gradus {

class TensorTest : public ::testing::Test {
 protected:
  TensorTest() { install_torch(in); }

  /// `body` after the usual imports; the name `out` of its module.
  Value run(const std::string& body) {
    module = in.run("import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport einops\n" + body,
                    "test.py");
    Value* v = module->attributes->find(in.intern("out").get());
    return v ? *v : Value();
  }
  std::string text(const std::string& body) { return in.str(run(body)); }
  /// The last line of the error that the body must raise.
  std::string error(const std::string& body) {
    try {
      run(body);
    } catch (const UnitError& e) {
      return e.message;
    }
    return "no error";
  }
  Value name(const char* n) { return *module->attributes->find(in.intern(n).get()); }

  Interpreter in;
  Ref<ModuleObject> module;
};

}  // namespace gradus
