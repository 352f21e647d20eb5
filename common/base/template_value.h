/// Inside template.h: the expressions between braces, evaluated on JSON as Jinja does on Python values.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::templates {

using Json = nlohmann::ordered_json;

/// A value, or what is missing: `default(…)` and `is defined` may ask about it, all else is an error.
struct Value {
  Json json;
  std::optional<std::string> missing;  // the message an unlawful use will show
};

struct Fault {
  std::string text;
};

/// Names in sight, innermost last.
using Scope = std::vector<std::pair<std::string, Json>>;

/// One token of an expression.
struct Token {
  enum class Kind { kName, kNumber, kText, kSymbol, kEnd } kind = Kind::kEnd;
  std::string text;
};
std::vector<Token> scan(std::string_view expression);

/// Reads and evaluates one expression from `tokens` at `at`, which ends after it.
class Expression {
 public:
  Expression(const std::vector<Token>& tokens, size_t& at, const Scope& scope, const nlohmann::json& values)
      : tokens_(tokens), at_(at), scope_(scope), values_(values) {}
  Value evaluate();                            // a if b else c
  static const Json& use(const Value& value);  // throws Fault when missing

 private:
  bool accept(std::string_view symbol_or_word);
  void expect(std::string_view symbol);
  const Token& peek() const { return tokens_[at_]; }
  Value disjunction();
  Value conjunction();
  Value negation();
  Value comparison();
  bool test(const Value& value);
  Value sum();
  Value product();
  Value unary();
  Value postfix();
  Value primary();
  Value name(const std::string& word) const;
  std::vector<Json> arguments();

  struct Depth;  // refuses what is nested too deep

  Value only_if(bool live, Value (Expression::*part)());  // read `part`, but work it out only if `live`

  int depth_ = 0;
  bool live_ = true;  // false: in a part that `and`, `or` or `if` leaves out
  const std::vector<Token>& tokens_;
  size_t& at_;
  const Scope& scope_;
  const nlohmann::json& values_;
};

/// `value | name(arguments)` and `value.name(arguments)`.
Json apply_filter(const std::string& name, const Value& value, const std::vector<Json>& arguments);
Json call_method(const std::string& name, const Json& value, const std::vector<Json>& arguments);

bool truth(const Json& value);           // Python's: empty, zero and none are false
std::string display(const Json& value);  // as Python prints it: True, None, 1.0, ['a', 1]

}  // namespace gradus::templates
