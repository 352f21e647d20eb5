/// Inside template.h: the expressions between braces. Grammar and order of operators are Jinja's: `~` binds closer than
/// `+`, filters and tests closer than both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/template_value.h"

namespace gradus::templates {

/// One token of an expression.
struct Token {
  enum class Kind { kName, kNumber, kText, kSymbol, kEnd } kind = Kind::kEnd;
  std::string text;
};
std::vector<Token> scan(std::string_view expression);

struct Node {
  enum class Kind {
    kConstant,
    kName,
    kList,
    kMapping,  // key, value, key, value …
    kItem,     // of children[0] at children[1]
    kSlice,    // of children[0]: begin, end, step
    kFunction,
    kMethod,
    kFilter,
    kTest,
    kNot,
    kAnd,
    kOr,
    kChoice,   // children[0] if children[1] else children[2]
    kCompare,  // children compared in a chain by keywords
    kArithmetic
  } kind = Kind::kConstant;
  std::string text;                   // name, operator
  Json value;                         // kConstant
  std::vector<Node> children;         // operands, or the owner and then arguments
  std::vector<std::string> keywords;  // of arguments; operators of kCompare
};

/// Reads one expression from `tokens` at `at`, which ends after it. With `list`, a bare `a, b` is one too.
Node parse_expression(const std::vector<Token>& tokens, size_t& at, bool list = false);

/// Names in sight, innermost last, then the values a template is filled with.
struct Scope {
  const Json& values;
  std::vector<std::pair<std::string, Json>> names;
};
Value evaluate(const Node& node, const Scope& scope);

}  // namespace gradus::templates
