/// A syntax tree as text: one s-expression a statement, the same for the same tree and nothing else.
/// tests/unit/ast_dump.py writes it from Python's own `ast`, which is how the parser is held to CPython; design_id is
/// taken from it too.
#pragma once

#include <string>

#include "unit/syntax/ast.h"

namespace gradus::syntax {

struct DumpStyle {
  bool spans = false;  // `@line:column-line:column` behind every node outside f-strings
  bool annotations = true;
};

/// A line for each top-level statement.
std::string dump(const Module& module, const DumpStyle& style = {});
std::string dump(const Body& body, const DumpStyle& style = {});
std::string dump(const Expr& e, const DumpStyle& style = {});

}  // namespace gradus::syntax
