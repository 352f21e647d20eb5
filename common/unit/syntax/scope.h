/// Who owns a name: Python's scoping rules, resolved once, so that the evaluator never looks a local up by text.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/syntax/ast.h"

namespace gradus::syntax {

enum class NameKind : uint8_t {
  kLocal,       // a slot of this frame
  kCell,        // a slot of this frame that an inner function captures
  kFree,        // captured from an enclosing function
  kGlobal,      // module, then builtins; every name of a module body is one
  kClassLocal,  // bound somewhere in this class body: read and written there, and when unbound read as kGlobal. A name
                // that a class body only reads is kFree (which looks in the class first, as LOAD_CLASSDEREF) or
                // kGlobal.
};

struct Scope {
  enum class Kind : uint8_t { kModule, kFunction, kClass, kLambda, kComprehension } kind;
  const void* node = nullptr;  // the Stmt (function, class), Expr (lambda, comprehension) or Module it belongs to
  std::unordered_map<std::string, NameKind> names;
  /// Slot order: parameters (positional-only, positional, keyword-only, *args, **kwargs), then by first binding.
  /// kLocal and kCell. Empty for classes and modules.
  std::vector<std::string> locals;
  std::vector<std::string> cells, frees;  // a class whose methods use super() has the one cell `__class__`
  bool is_generator = false;              // contains yield
  bool uses_class_cell = false;           // a function that names `super` or `__class__`: when it stands in a class,
                                          // `__class__` is among frees. A class: one of its methods does
  std::vector<std::unique_ptr<Scope>> children;
};

/// Annotations are not resolved: the evaluator ignores them. The first iterable of a comprehension is resolved in the
/// scope around it; := in a comprehension binds in the function around it.
/// Scopes of a module; throws SyntaxError for `nonlocal x` without x, `return` outside a function, names both
/// parameter and global, and the like.
struct Scopes {
  std::unique_ptr<Scope> root;
  std::unordered_map<const void*, Scope*> of;  // node → its scope
};

Scopes resolve(const Module& module);

}  // namespace gradus::syntax
