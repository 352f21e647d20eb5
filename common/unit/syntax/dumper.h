/// The writer behind dump.h. Internal to common/unit/syntax.
#pragma once

#include <initializer_list>

#include "unit/syntax/dump.h"

namespace gradus::syntax {

/// "+", "is-not", …; the unary ones are "u-", "u+", "u~", "not".
const char* name_of(Op op);

class Dumper {
 public:
  explicit Dumper(const DumpStyle& style) : style_(style) {}
  std::string out;

  void statement(const Stmt& s);
  void expression(const Expr& e);

 private:
  // Pieces of `(word piece piece …)`: each begins with its own blank.
  void open(std::string_view word) {
    out += '(';
    out += word;
  }
  void close() { out += ')'; }
  void word(std::string_view w) {
    out += ' ';
    out += w;
  }
  void child(const Expr& e) {
    out += ' ';
    expression(e);
  }
  void child(const ExprPtr& e) {
    if (e)
      child(*e);
    else
      word("()");
  }
  void child(const std::vector<ExprPtr>& list) {
    for (const auto& e : list) child(e);
  }
  void block(std::string_view name, const Body& body);
  void annotation(const ExprPtr& e) {
    if (style_.annotations) child(e);
  }
  void span(const Span& s);
  void text(std::string_view s);
  void number(double v);
  void keywords(const std::vector<Keyword>& list);
  void parameter(const Parameter& p, std::string_view stars);
  void parameters(const Parameters& p);
  void atom(const Expr& e);
  void composite(const Expr& e);
  void comprehension(const Expr& e);
  void operators(const Expr& e);
  void others(const Expr& e);
  void listing(std::string_view word, const std::vector<ExprPtr>& items);
  void parts(std::string_view word, std::initializer_list<const ExprPtr*> children);
  void simple(const Stmt& s);
  void imports(const Stmt& s);
  void assignment(const Stmt& s);
  void compound(const Stmt& s);
  void blocks(const Stmt& s);
  void match(const Stmt& s);
  void definition(const Stmt& s);
  void pattern(const Pattern& p);
  void pattern_body(const Pattern& p);

  const DumpStyle& style_;
  int in_format_ = 0;
};

}  // namespace gradus::syntax
