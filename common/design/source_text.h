/// A Python file as its top-level statements: to be read, cut and put together again. Nothing of it is run.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unit/syntax/parse.h"
#include "unit/syntax/source.h"

namespace gradus {

struct Statement {
  const syntax::Stmt* node = nullptr;
  std::string text;                  // with its decorators and the comment lines right above it
  std::vector<std::string> defines;  // names that it binds in the module
  std::set<std::string> uses;        // names that it mentions, attributes left out
};

class SourceText {
 public:
  /// Error `cannot read 'FILE': line 3: SyntaxError: …`.
  SourceText(const std::string& bytes, const std::string& file);

  const std::string& file() const { return source_.file; }
  const std::string& text() const { return source_.text; }
  const std::vector<Statement>& statements() const { return statements_; }
  /// The last class of that name; null when there is none.
  const syntax::Stmt* find_class(const std::string& name) const;
  /// Bases followed through the file: "nn.Module", "GAUBase"; of a class that has none: nothing.
  std::set<std::string> bases(const syntax::Stmt& a_class) const;
  /// Its method, or that of the nearest base in the file; null when there is none.
  const syntax::Stmt* find_method(const syntax::Stmt& a_class, const std::string& name) const;
  /// Statements that `names` need, one another's needs included, by place in statements().
  std::set<size_t> needs(std::set<std::string> names) const;
  /// The bytes of text() from one place to another.
  size_t offset(int line, int column) const;

 private:
  void add_statement(const syntax::Stmt& node);

  syntax::Source source_;
  syntax::Module module_;
  std::vector<Statement> statements_;
};

/// A value written out: None, True, 8, -1e-5, 8 / 3, "text", [..], (..), {"a": ..}.
std::optional<nlohmann::json> read_literal(const syntax::Expr& expression);
/// The same the other way: [1, 2.0, "a", None], {"a": True}.
std::string python_literal(const nlohmann::json& value);
/// "nn.Module" of the expression nn.Module; "" of what is no dotted name.
std::string dotted_name(const syntax::Expr& expression);
/// The value of `name = …` in a body; null when there is none. Of several the last.
const syntax::Expr* find_assigned(const syntax::Body& body, const std::string& name);
/// Parameters after `self` in order, positional ones first; *args and **kwargs left out.
std::vector<const syntax::Parameter*> parameters_of(const syntax::Stmt& method);

}  // namespace gradus
