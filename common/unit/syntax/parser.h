/// The parser itself: recursive descent over statements, precedence climbing over operators. Internal to
/// common/unit/syntax; the way in is parse.h.
#pragma once

#include <optional>

#include "unit/syntax/lexer.h"
#include "unit/syntax/literal.h"
#include "unit/syntax/parse.h"

namespace gradus::syntax {

class Parser {
 public:
  /// `depth` is how deep the text already stands: an f-string's expressions are read by a parser of their own.
  Parser(const Source& source, const Limits& limits, std::vector<Token> tokens, int depth = 0,
         std::vector<std::string> classes = {})
      : source_(source), limits_(limits), tokens_(std::move(tokens)), depth_(depth), classes_(std::move(classes)) {}

  Body file();
  ExprPtr lone_expression();
  /// What may stand in brackets, to the end of the tokens: an f-string's field.
  ExprPtr field();

 private:
  using Start = size_t;  // index of a node's first token

  /// Counts nesting for as long as it lives.
  class Nest {
   public:
    explicit Nest(Parser& p) : p_(p) {
      if (++p_.depth_ > p_.limits_.nesting) p_.fail_here("too deeply nested");
    }
    ~Nest() { --p_.depth_; }
    Nest(const Nest&) = delete;

   private:
    Parser& p_;
  };

  // Tokens (parse.cpp)
  const Token& token(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool at(std::string_view text) const { return token().is(text); }
  bool at(TokenKind kind) const { return token().kind == kind; }
  bool at_soft(std::string_view name) const { return at(TokenKind::kName) && token().text == name; }
  bool take(std::string_view text);
  void expect(std::string_view text);
  std::string identifier();  // mangled
  std::string mangled(std::string name) const;
  Span span_from(Start start) const;
  ExprPtr make(ExprKind kind) const;
  ExprPtr done(ExprPtr e, Start start) const;  // sets span and height
  StmtPtr make(StmtKind kind) const;
  StmtPtr done(StmtPtr s, Start start) const;
  [[noreturn]] void fail_here(const std::string& message, const std::string& type = "SyntaxError") const;
  [[noreturn]] void fail_at(Span where, const std::string& message) const { source_.fail(where, message); }
  [[noreturn]] void fail_unexpected() const;  // "invalid syntax", or something more helpful

  // Expressions (expression.cpp)
  ExprPtr star_expressions();  // a, *b, c
  ExprPtr star_expression();
  ExprPtr star_named_expression();
  ExprPtr named_expression();
  ExprPtr expression();
  ExprPtr yield_or_star_expressions();
  ExprPtr yield_expression();
  ExprPtr lambda();
  ExprPtr disjunction();
  ExprPtr conjunction();
  ExprPtr inversion();
  ExprPtr comparison();
  std::optional<Op> comparison_operator();
  ExprPtr binary(int least);
  ExprPtr unary();
  ExprPtr power();
  ExprPtr starred();  // at `*`
  bool at_expression() const;

  // Primaries (primary.cpp)
  ExprPtr primary();
  ExprPtr atom();
  ExprPtr group();  // at `(`
  ExprPtr inside_group(Start start, std::string_view close);
  ExprPtr list_display();
  ExprPtr brace_display();
  ExprPtr dict_display(Start start, ExprPtr first_key);
  void comprehension_clauses(Expr& e);
  ExprPtr target_list(std::string_view verb);                                        // for … in
  void call_arguments(std::vector<ExprPtr>& items, std::vector<Keyword>& keywords);  // after `(`, takes `)`
  void call_argument(std::vector<ExprPtr>& items, std::vector<Keyword>& keywords, Start open);
  ExprPtr unpacked_expression();
  ExprPtr subscript_index();
  ExprPtr slice();
  void check_target(const Expr& e, const std::string& verb, bool in_sequence = false) const;
  std::unique_ptr<Parameters> parameters(std::string_view close, bool annotated);
  Parameter parameter(bool annotated, bool star_annotation, bool may_default);
  void star_parameter(Parameters& p, bool annotated, std::string_view close);

  // Strings (string.cpp)
  struct Cursor {
    size_t at, end;
    int line, column;
  };  // in the body of an f-string
  ExprPtr strings();
  void format_parts(std::vector<ExprPtr>& parts, Cursor& c, bool raw, bool in_spec, Span where);
  void format_literal(std::vector<ExprPtr>& parts, Cursor& c, bool raw, bool in_spec, Span where);
  void format_field(std::vector<ExprPtr>& parts, Cursor& c, bool raw, Span where);
  ExprPtr field_expression(const Cursor& c, size_t end);
  size_t field_end(const Cursor& c) const;
  char field_conversion(Cursor& c) const;
  ExprPtr format_spec(Cursor& c, bool raw, Span where);
  void advance(Cursor& c, size_t bytes) const;
  [[noreturn]] void fail_format(const Cursor& c, const std::string& message) const;

  // Statements (statement.cpp)
  void statement(Body& body);
  void simple_statements(Body& body);
  StmtPtr simple_statement();
  StmtPtr expression_statement();
  StmtPtr annotated_assignment(ExprPtr target, Start start);
  StmtPtr assignment(ExprPtr first, Start start);
  StmtPtr return_statement();
  StmtPtr delete_statement();
  StmtPtr raise_statement();
  StmtPtr assert_statement();
  StmtPtr scope_statement(StmtKind kind);
  StmtPtr import_statement();
  StmtPtr from_statement();
  std::string dotted_name();

  // Compound statements (compound.cpp)
  bool compound_statement(Body& body);
  Body block(const std::string& after, int line);
  StmtPtr if_statement();
  StmtPtr while_statement();
  StmtPtr for_statement();
  StmtPtr with_statement();
  bool parenthesised_with_items(std::vector<WithItem>& items);
  WithItem with_item();
  StmtPtr try_statement();
  Handler handler();
  StmtPtr decorated();
  StmtPtr function(std::vector<ExprPtr> decorators);
  StmtPtr class_definition(std::vector<ExprPtr> decorators);
  ExprPtr condition();

  // Patterns (pattern.cpp)
  bool at_match_statement() const;
  StmtPtr match_statement();
  MatchCase match_case();
  PatternPtr open_pattern();
  PatternPtr maybe_star_pattern();
  PatternPtr as_pattern();
  PatternPtr or_pattern();
  PatternPtr closed_pattern();
  PatternPtr name_pattern();
  PatternPtr literal_pattern();
  ExprPtr number_literal();
  PatternPtr sequence_pattern(std::string_view close);
  PatternPtr mapping_pattern();
  void class_pattern(Pattern& p);
  PatternPtr make(PatternKind kind) const;
  PatternPtr done(PatternPtr p, Start start) const;

  const Source& source_;
  const Limits& limits_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_;
  int links_ = 0;                     // of the chains of `elif` around
  int format_depth_ = 0;              // of format specs inside format specs
  std::vector<std::string> classes_;  // names of the classes around, for mangling
};

/// "function call", "literal", … as in "cannot assign to …".
std::string describe(const Expr& e);

}  // namespace gradus::syntax
