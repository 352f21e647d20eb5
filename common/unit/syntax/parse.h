/// Source text to syntax tree. Refuses, by name and with line and caret: async/await, and whatever is no
/// Python 3.11. Bounded: source bytes, nesting depth.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "unit/syntax/ast.h"

namespace gradus::syntax {

/// A fault in the source. what() reads like CPython's: `  File "x.py", line 3\n    y = = 2\n        ^\nSyntaxError: …`.
struct SyntaxError : std::runtime_error {
  SyntaxError(std::string text, Span where_) : std::runtime_error(std::move(text)), where(where_) {}
  Span where;
  std::string type = "SyntaxError";  // or IndentationError, TabError
  std::string message;               // the last line without the type
  std::string file;
};

struct Limits {
  size_t source_bytes = 1u << 20;
  int nesting = 100;  // brackets, blocks, unary and right-associative operators together; CPython stops near 200
  int height = 1000;  // of an expression's tree: `a + a + …`, `a.b.c…` are long without nesting; also links of `elif`
};

Module parse(std::string_view source, std::string file, const Limits& limits = {});

/// The same expression grammar for one expression; for tests and for f-strings.
ExprPtr parse_expression(std::string_view source, std::string file, const Limits& limits = {});

}  // namespace gradus::syntax
