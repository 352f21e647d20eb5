#include "base/template_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace gradus::templates {
namespace {

Value make(Json json) { return {std::move(json), std::nullopt}; }
Value absent(std::string text) { return {Json(), std::move(text)}; }

Value index(const Json& base, const Json& key, const std::string& shown) {
  if (base.is_object() && key.is_string()) {
    const auto found = base.find(key.get<std::string>());
    if (found != base.end()) return make(*found);
    std::vector<std::string> names;
    for (const auto& item : base.items()) names.push_back(item.key());
    const std::string near = nearest(shown, names);
    return absent("'" + shown + "' is undefined" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  }
  if ((base.is_array() || base.is_string()) && key.is_number_integer()) {
    const auto size = static_cast<int64_t>(base.is_array() ? base.size() : base.get_ref<const std::string&>().size());
    int64_t i = key.get<int64_t>();
    if (i < 0) i += size;
    if (i < 0 || i >= size) return absent("index " + shown + " is beyond the " + std::to_string(size) + " items");
    return base.is_array() ? make(base[static_cast<size_t>(i)])
                           : make(std::string(1, base.get_ref<const std::string&>()[static_cast<size_t>(i)]));
  }
  return absent("'" + shown + "' is undefined: its owner is " + display(base).substr(0, 40));
}

Json arithmetic(const std::string& op, const Json& a, const Json& b) {
  if (op == "~") return display(a) + display(b);
  if (op == "+" && a.is_string() && b.is_string()) return a.get<std::string>() + b.get<std::string>();
  if (op == "+" && a.is_array() && b.is_array()) {
    Json out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
  }
  if (!a.is_number() || !b.is_number()) throw Fault{"'" + op + "' needs two numbers or two texts"};
  const double x = a.get<double>(), y = b.get<double>();
  if ((op == "/" || op == "//" || op == "%") && y == 0) throw Fault{"division by zero"};
  if (op == "/") return x / y;
  const double result = op == "+"    ? x + y
                        : op == "-"  ? x - y
                        : op == "*"  ? x * y
                        : op == "//" ? std::floor(x / y)
                                     : x - std::floor(x / y) * y;
  if (a.is_number_integer() && b.is_number_integer() && std::fabs(result) < 0x1p53) return static_cast<int64_t>(result);
  return result;
}

bool contains(const Json& whole, const Json& part) {
  if (whole.is_string()) {
    if (!part.is_string()) throw Fault{"'in' a text needs a text"};
    return whole.get_ref<const std::string&>().find(part.get<std::string>()) != std::string::npos;
  }
  if (whole.is_object()) return part.is_string() && whole.contains(part.get<std::string>());
  if (whole.is_array()) return std::find(whole.begin(), whole.end(), part) != whole.end();
  throw Fault{"'in' needs a text, a list or a mapping"};
}

bool less(const Json& a, const Json& b) {
  if ((a.is_number() && b.is_number()) || (a.is_string() && b.is_string())) return a < b;
  throw Fault{"cannot order " + display(a).substr(0, 40) + " and " + display(b).substr(0, 40)};
}

bool compare(const std::string& op, const Json& a, const Json& b) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return less(a, b);
  if (op == ">") return less(b, a);
  if (op == "<=") return !less(b, a);
  if (op == ">=") return !less(a, b);
  return contains(b, a);
}

}  // namespace

struct Expression::Depth {
  int& depth;
  explicit Depth(int& d) : depth(d) {
    if (++depth > 200) throw Fault{"nested deeper than 200"};
  }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
  ~Depth() { --depth; }
};

const Json& Expression::use(const Value& value) {
  if (value.missing) throw Fault{*value.missing};
  return value.json;
}

bool Expression::accept(std::string_view word) {
  const Token& t = peek();
  if ((t.kind != Token::Kind::kSymbol && t.kind != Token::Kind::kName) || t.text != word) return false;
  ++at_;
  return true;
}

void Expression::expect(std::string_view symbol) {
  if (accept(symbol)) return;
  const std::string found = peek().kind == Token::Kind::kEnd ? "the end" : "'" + peek().text + "'";
  throw Fault{"expected '" + std::string(symbol) + "', found " + found};
}

Value Expression::only_if(bool live, Value (Expression::*part)()) {
  const bool outer = live_;
  live_ = live_ && live;
  Value value = (this->*part)();
  live_ = outer;
  return value;
}

Value Expression::evaluate() {
  // The condition comes second: the value is read past first, and worked out when the condition is known.
  const size_t start = at_;
  Value value = only_if(false, &Expression::disjunction);
  if (!accept("if")) {
    if (!live_) return value;
    at_ = start;
    return disjunction();
  }
  const bool chosen = truth(use(disjunction()));
  const size_t after = at_;
  if (chosen) {
    at_ = start;
    value = disjunction();
    at_ = after;
  }
  Value other = make("");
  if (accept("else")) other = only_if(!chosen, &Expression::evaluate);
  return chosen ? value : other;
}

Value Expression::disjunction() {
  Value left = conjunction();
  while (accept("or")) {
    const bool decided = truth(use(left));
    Value right = only_if(!decided, &Expression::conjunction);
    if (!decided) left = std::move(right);
  }
  return left;
}

Value Expression::conjunction() {
  Value left = negation();
  while (accept("and")) {
    const bool decided = !truth(use(left));
    Value right = only_if(!decided, &Expression::negation);
    if (!decided) left = std::move(right);
  }
  return left;
}

Value Expression::negation() {
  const Depth guard(depth_);
  return accept("not") ? make(!truth(use(negation()))) : comparison();
}

// `is defined`, `is not none`: after the word `is`.
bool Expression::test(const Value& value) {
  const bool inverse = accept("not");
  const std::string word = peek().text;
  ++at_;
  if (word == "defined") return value.missing.has_value() == inverse;
  if (word == "undefined") return value.missing.has_value() != inverse;
  if (word == "none") return use(value).is_null() != inverse;
  throw Fault{"unknown test '" + word + "': known are defined, undefined, none"};
}

Value Expression::comparison() {
  Value left = sum();
  for (;;) {
    if (accept("is")) {
      left = make(test(left));
      continue;
    }
    if (peek().kind == Token::Kind::kName && peek().text == "not" && tokens_[at_ + 1].text == "in") {
      at_ += 2;
      const Value right = sum();
      left = make(live_ && !contains(use(right), use(left)));
      continue;
    }
    static const std::vector<std::string> operators = {"==", "!=", "<=", ">=", "<", ">", "in"};
    const auto op = std::find_if(operators.begin(), operators.end(), [&](const std::string& o) { return accept(o); });
    if (op == operators.end()) return left;
    const Value right = sum();
    if (!live_) continue;
    const Json &a = use(left), &b = use(right);
    left = make(compare(*op, a, b));
  }
}

Value Expression::sum() {
  Value left = product();
  for (;;) {
    const std::string op = peek().kind == Token::Kind::kSymbol ? peek().text : "";
    if (op != "+" && op != "-" && op != "~") return left;
    ++at_;
    const Value right = product();
    left = live_ ? make(arithmetic(op, use(left), use(right))) : make(nullptr);
  }
}

Value Expression::product() {
  Value left = unary();
  for (;;) {
    const std::string op = peek().kind == Token::Kind::kSymbol ? peek().text : "";
    if (op != "*" && op != "/" && op != "//" && op != "%") return left;
    ++at_;
    const Value right = unary();
    left = live_ ? make(arithmetic(op, use(left), use(right))) : make(nullptr);
  }
}

Value Expression::unary() {
  const Depth guard(depth_);
  if (!accept("-")) return postfix();
  const Value value = unary();
  return live_ ? make(arithmetic("-", 0, use(value))) : value;
}

std::vector<Json> Expression::arguments() {
  std::vector<Json> out;
  if (!accept("(")) return out;
  while (!accept(")")) {
    if (!out.empty()) expect(",");
    // A keyword argument counts as positional: each filter here has one or two.
    if (peek().kind == Token::Kind::kName && tokens_[at_ + 1].text == "=") at_ += 2;
    out.push_back(use(evaluate()));
  }
  return out;
}

Value Expression::postfix() {
  Value value = primary();
  for (;;) {
    if (accept(".")) {
      const Token word = peek();
      if (word.kind != Token::Kind::kName && word.kind != Token::Kind::kNumber)
        throw Fault{"expected a name after '.'"};
      ++at_;
      const bool call = peek().kind == Token::Kind::kSymbol && peek().text == "(";
      const std::vector<Json> given = arguments();
      if (live_)
        value = call ? make(call_method(word.text, use(value), given)) : index(use(value), word.text, word.text);
    } else if (accept("[")) {
      const Json key = use(evaluate());
      expect("]");
      if (live_) value = index(use(value), key, display(key));
    } else if (accept("|")) {
      const Token word = peek();
      if (word.kind != Token::Kind::kName) throw Fault{"expected the name of a filter after '|'"};
      ++at_;
      const std::vector<Json> given = arguments();
      if (live_) value = make(apply_filter(word.text, value, given));
    } else {
      return value;
    }
  }
}

Value Expression::name(const std::string& word) const {
  if (!live_) return make(nullptr);
  if (word == "true" || word == "True") return make(true);
  if (word == "false" || word == "False") return make(false);
  if (word == "none" || word == "None") return make(nullptr);
  std::vector<std::string> names;
  for (auto it = scope_.rbegin(); it != scope_.rend(); ++it) {
    if (it->first == word) return make(it->second);
    names.push_back(it->first);
  }
  if (values_.is_object()) {
    const auto found = values_.find(word);
    if (found != values_.end()) return make(Json(*found));
    for (const auto& item : values_.items()) names.push_back(item.key());
  }
  const std::string near = nearest(word, names);
  return absent("'" + word + "' is undefined" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
}

Value Expression::primary() {
  const Token token = peek();
  if (token.kind == Token::Kind::kEnd) throw Fault{"an expression is missing"};
  ++at_;
  if (token.kind == Token::Kind::kText) return make(token.text);
  if (token.kind == Token::Kind::kName) return name(token.text);
  if (token.kind == Token::Kind::kNumber) return make(Json::parse(token.text));
  if (token.text == "(") {
    Value inner = evaluate();
    expect(")");
    return inner;
  }
  if (token.text == "[") {
    Json list = Json::array();
    while (!accept("]")) {
      if (!list.empty()) expect(",");
      list.push_back(use(evaluate()));
    }
    return make(std::move(list));
  }
  throw Fault{"unexpected '" + token.text + "'"};
}

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Each takes one token from the front of `s`.
Token take_text(std::string_view& s) {
  std::string text;
  size_t i = 1;
  for (; i < s.size() && s[i] != s[0]; ++i) {
    if (s[i] == '\\' && i + 1 < s.size()) {
      const char e = s[++i];
      text += e == 'n' ? '\n' : e == 't' ? '\t' : e == 'r' ? '\r' : e;
    } else {
      text += s[i];
    }
  }
  if (i >= s.size()) throw Fault{"a quote is not closed"};
  s.remove_prefix(i + 1);
  return {Token::Kind::kText, text};
}

Token take_run(std::string_view& s, size_t size, Token::Kind kind) {
  Token token{kind, std::string(s.substr(0, size))};
  s.remove_prefix(size);
  return token;
}

// After a dot it is an index: `list.0.1` is no 0.1.
Token take_number(std::string_view& s, bool after_dot) {
  size_t size = 0;
  while (size < s.size() && is_digit(s[size])) ++size;
  if (!after_dot && size + 1 < s.size() && s[size] == '.' && is_digit(s[size + 1])) {
    ++size;
    while (size < s.size() && is_digit(s[size])) ++size;
  }
  return take_run(s, size, Token::Kind::kNumber);
}

Token take_symbol(std::string_view& s) {
  const std::string_view two = s.substr(0, 2);
  const bool pair = two == "==" || two == "!=" || two == "<=" || two == ">=" || two == "//";
  if (!pair && std::string_view("()[].,|+-*/%~<>=:{}").find(s[0]) == std::string_view::npos) {
    throw Fault{"unexpected '" + std::string(1, s[0]) + "'"};
  }
  return take_run(s, pair ? 2 : 1, Token::Kind::kSymbol);
}

}  // namespace

std::vector<Token> scan(std::string_view s) {
  std::vector<Token> tokens;
  while (!s.empty()) {
    const char c = s[0];
    if (std::isspace(static_cast<unsigned char>(c))) {
      s.remove_prefix(1);
    } else if (c == '\'' || c == '"') {
      tokens.push_back(take_text(s));
    } else if (is_digit(c)) {
      tokens.push_back(
          take_number(s, !tokens.empty() && tokens.back().kind == Token::Kind::kSymbol && tokens.back().text == "."));
    } else if (is_word(c)) {
      size_t size = 1;
      while (size < s.size() && is_word(s[size])) ++size;
      tokens.push_back(take_run(s, size, Token::Kind::kName));
    } else {
      tokens.push_back(take_symbol(s));
    }
  }
  tokens.insert(tokens.end(), 2, Token{});  // two ends: one may be looked at beyond the other
  return tokens;
}

}  // namespace gradus::templates
