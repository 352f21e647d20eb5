/// Who owns a name: Python's scoping rules, resolved once, so that the evaluator never looks a local up by text.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/syntax/ast.h"

namespace gradus::syntax {

enum class NameKind : uint8_t {
  kLocal,   // a slot of this frame
  kCell,    // a slot of this frame that an inner function captures
  kFree,    // captured from an enclosing function
  kGlobal,  // module, then builtins; also every name a class body or module body reads and writes
  kClassLocal,  // read and written in the class namespace (falls back to kFree/kGlobal when unbound)
};

struct Scope {
  enum class Kind : uint8_t { kModule, kFunction, kClass, kLambda, kComprehension } kind;
  const void* node = nullptr;  // the Stmt (function, class), Expr (lambda, comprehension) or Module it belongs to
  std::unordered_map<std::string, NameKind> names;
  std::vector<std::string> locals;  // slot order: parameters first, then by first binding. kLocal and kCell
  std::vector<std::string> cells, frees;
  bool is_generator = false;   // contains yield
  bool uses_class_cell = false;  // names `super` or `__class__` inside a method: `__class__` is among frees
  std::vector<std::unique_ptr<Scope>> children;
};

/// Scopes of a module; throws SyntaxError for `nonlocal x` without x, `return` outside a function, names both
/// parameter and global, and the like.
struct Scopes {
  std::unique_ptr<Scope> root;
  std::unordered_map<const void*, Scope*> of;  // node → its scope
};

Scopes resolve(const Module& module);

}  // namespace gradus::syntax
