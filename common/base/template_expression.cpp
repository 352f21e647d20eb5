#include "base/template_expression.h"

#include <algorithm>

#include "base/error.h"

namespace gradus::templates {
namespace {

using Kind = Node::Kind;

class Reader {
 public:
  Reader(const std::vector<Token>& tokens, size_t& at) : tokens_(tokens), at_(at) {}

  Node listed() {  // `a`, or `a, b` up to the end or a parenthesis
    Node first = expression();
    if (!is(",")) return first;
    Node list{Kind::kList, "", {}, {std::move(first)}, {}};
    while (accept(",") && !is(")") && peek().kind != Token::Kind::kEnd) list.children.push_back(expression());
    return list;
  }

  Node expression() {  // a if b else c
    const Depth guard(depth_);
    Node node = disjunction();
    while (accept("if")) {
      Node condition = disjunction();
      Node other = accept("else") ? expression() : constant("");
      node = {Kind::kChoice, "", {}, {std::move(node), std::move(condition), std::move(other)}, {}};
    }
    return node;
  }

 private:
  struct Depth {
    int& depth;
    explicit Depth(int& d) : depth(d) {
      if (++depth > 200) throw Fault{"nested deeper than 200"};
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    ~Depth() { --depth; }
  };

  const Token& peek() const { return tokens_[at_]; }
  bool is(std::string_view word, size_t ahead = 0) const {
    const Token& t = tokens_[at_ + ahead];
    return (t.kind == Token::Kind::kSymbol || t.kind == Token::Kind::kName) && t.text == word;
  }
  bool accept(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view symbol) {
    if (accept(symbol)) return;
    const std::string found = peek().kind == Token::Kind::kEnd ? "the end" : "'" + peek().text + "'";
    throw Fault{"expected '" + std::string(symbol) + "', found " + found};
  }
  std::string word(const char* what) {
    if (peek().kind != Token::Kind::kName) throw Fault{std::string("expected ") + what};
    return tokens_[at_++].text;
  }
  static Node constant(Json value) { return {Kind::kConstant, "", std::move(value), {}, {}}; }

  // Operators of one level, left to right.
  Node chain(Kind kind, std::initializer_list<const char*> operators, Node (Reader::*part)()) {
    Node left = (this->*part)();
    for (;;) {
      const auto* op = std::find_if(operators.begin(), operators.end(), [&](const char* o) { return accept(o); });
      if (op == operators.end()) return left;
      Node right = (this->*part)();
      left = {kind, *op, {}, {std::move(left), std::move(right)}, {}};
    }
  }
  Node disjunction() { return chain(Kind::kOr, {"or"}, &Reader::conjunction); }
  Node conjunction() { return chain(Kind::kAnd, {"and"}, &Reader::negation); }
  Node sum() { return chain(Kind::kArithmetic, {"+", "-"}, &Reader::joined); }
  Node joined() { return chain(Kind::kArithmetic, {"~"}, &Reader::product); }
  Node product() { return chain(Kind::kArithmetic, {"*", "//", "/", "%"}, &Reader::power); }
  Node power() { return chain(Kind::kArithmetic, {"**"}, &Reader::filtered); }

  Node negation() {
    const Depth guard(depth_);
    if (is("not") && !is("in", 1) && accept("not")) return {Kind::kNot, "", {}, {negation()}, {}};
    return comparison();
  }

  Node comparison() {
    Node node{Kind::kCompare, "", {}, {sum()}, {}};
    for (;;) {
      std::string op;
      for (const char* o : {"==", "!=", "<=", ">=", "<", ">", "in"})
        if (op.empty() && accept(o)) op = o;
      if (op.empty() && is("not") && is("in", 1)) at_ += 2, op = "not in";
      if (op.empty()) break;
      node.keywords.push_back(op);
      node.children.push_back(sum());
    }
    return node.keywords.empty() ? std::move(node.children[0]) : node;
  }

  Node filtered() {
    Node node = unary();
    for (;;) {
      if (accept("|")) {
        node = {Kind::kFilter, word("the name of a filter after '|'"), {}, {std::move(node)}, {}};
        check_filter(node.text);
        if (is("(")) arguments(node);
      } else if (accept("is")) {
        const bool inverse = accept("not");
        node = test(std::move(node));
        if (inverse) node = {Kind::kNot, "", {}, {std::move(node)}, {}};
      } else {
        return node;
      }
    }
  }

  // `x is divisibleby 3`, `x is in(list)`: one argument may go without parentheses.
  Node test(Node subject) {
    Node node{Kind::kTest, word("the name of a test after 'is'"), {}, {std::move(subject)}, {}};
    check_test(node.text);
    const Token& next = peek();
    const bool bare = next.kind == Token::Kind::kText || next.kind == Token::Kind::kNumber || is("[") || is("{") ||
                      (next.kind == Token::Kind::kName && !is("else") && !is("or") && !is("and") && !is("is") &&
                       !is("if") && !is("in") && !is("not"));
    if (is("(")) {
      arguments(node);
    } else if (bare) {
      node.children.push_back(postfix(primary()));
      node.keywords.emplace_back();
    }
    return node;
  }

  Node unary() {
    const Depth guard(depth_);
    if (accept("-")) return {Kind::kArithmetic, "-", {}, {constant(0), unary()}, {}};
    if (accept("+")) return unary();
    return postfix(primary());
  }

  void arguments(Node& node) {
    expect("(");
    for (bool first = true; !accept(")"); first = false) {
      if (!first) {
        expect(",");
        if (accept(")")) return;
      }
      std::string keyword;
      if (peek().kind == Token::Kind::kName && is("=", 1)) keyword = peek().text, at_ += 2;
      node.keywords.push_back(keyword);
      node.children.push_back(expression());
    }
  }

  Node postfix(Node node) {
    for (;;) {
      if (accept(".")) {
        const Token name = peek();
        if (name.kind != Token::Kind::kName && name.kind != Token::Kind::kNumber)
          throw Fault{"expected a name after '.'"};
        ++at_;
        if (is("(")) {
          node = {Kind::kMethod, name.text, {}, {std::move(node)}, {}};
          arguments(node);
        } else {
          Json key = name.kind == Token::Kind::kNumber ? Json::parse(name.text) : Json(name.text);
          node = {Kind::kItem, "", {}, {std::move(node), constant(std::move(key))}, {}};
        }
      } else if (accept("[")) {
        node = subscript(std::move(node));
      } else {
        return node;
      }
    }
  }

  Node subscript(Node owner) {
    std::vector<Node> parts;  // begin, end, step
    bool colon = false;
    for (;;) {
      parts.push_back(is(":") || is("]") ? constant(nullptr) : expression());
      if (!accept(":")) break;
      colon = true;
    }
    if (peek().kind == Token::Kind::kSymbol && is("]") && !colon && parts[0].kind == Kind::kConstant &&
        parts[0].value.is_null())
      throw Fault{"an index is missing"};
    expect("]");
    if (!colon) return {Kind::kItem, "", {}, {std::move(owner), std::move(parts[0])}, {}};
    if (parts.size() > 3) throw Fault{"a slice has at most three parts"};
    Node node{Kind::kSlice, "", {}, {std::move(owner)}, {}};
    for (Node& part : parts) node.children.push_back(std::move(part));
    while (node.children.size() < 4) node.children.push_back(constant(nullptr));
    return node;
  }

  Node primary() {
    const Token token = peek();
    if (token.kind == Token::Kind::kEnd) throw Fault{"an expression is missing"};
    ++at_;
    if (token.kind == Token::Kind::kText) {
      std::string text = token.text;  // neighbours are one text
      while (peek().kind == Token::Kind::kText) text += tokens_[at_++].text;
      return constant(text);
    }
    if (token.kind == Token::Kind::kNumber) return constant(Json::parse(token.text));
    if (token.kind == Token::Kind::kName) return named(token.text);
    if (token.text == "(") {
      Node inner = is(")") ? Node{Kind::kList, "", {}, {}, {}} : listed();
      expect(")");
      return inner;
    }
    if (token.text == "[") {
      Node list{Kind::kList, "", {}, {}, {}};
      while (!accept("]")) {
        if (!list.children.empty()) {
          expect(",");
          if (accept("]")) break;
        }
        list.children.push_back(expression());
      }
      return list;
    }
    if (token.text == "{") return mapping();
    throw Fault{"unexpected '" + token.text + "'"};
  }

  Node mapping() {
    Node node{Kind::kMapping, "", {}, {}, {}};
    while (!accept("}")) {
      if (!node.children.empty()) {
        expect(",");
        if (accept("}")) break;
      }
      node.children.push_back(expression());
      expect(":");
      node.children.push_back(expression());
    }
    return node;
  }

  Node named(const std::string& name) {
    if (name == "true" || name == "True") return constant(true);
    if (name == "false" || name == "False") return constant(false);
    if (name == "none" || name == "None") return constant(nullptr);
    if (name == "not" || name == "and" || name == "or" || name == "if" || name == "else" || name == "is")
      throw Fault{"unexpected '" + name + "'"};
    if (!is("(")) return {Kind::kName, name, {}, {}, {}};
    if (name != "range" && name != "namespace" && name != "dict")
      throw Fault{"unknown function '" + name + "': known are range, namespace, dict"};
    Node node{Kind::kFunction, name, {}, {}, {}};
    arguments(node);
    return node;
  }

  const std::vector<Token>& tokens_;
  size_t& at_;
  int depth_ = 0;
};

}  // namespace

Node parse_expression(const std::vector<Token>& tokens, size_t& at, bool list) {
  Reader reader(tokens, at);
  return list ? reader.listed() : reader.expression();
}

}  // namespace gradus::templates
