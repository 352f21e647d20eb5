#include "unit/syntax/parser.h"

namespace gradus::syntax {

ExprPtr Parser::primary() {
  const Start start = at_;
  ExprPtr e = atom();
  for (;;) {
    ExprPtr outer;
    if (take(".")) {
      outer = make(ExprKind::kAttribute);
      outer->text = identifier();
    } else if (take("(")) {
      outer = make(ExprKind::kCall);
      call_arguments(outer->items, outer->keywords);
    } else if (take("[")) {
      outer = make(ExprKind::kSubscript);
      outer->left = subscript_index();
      expect("]");
    } else {
      return e;
    }
    outer->operand = std::move(e);
    e = done(std::move(outer), start);
  }
}

ExprPtr Parser::atom() {
  const Start start = at_;
  const Token& t = token();
  if (t.kind == TokenKind::kName) {
    ExprPtr e = make(ExprKind::kName);
    e->text = identifier();
    return done(std::move(e), start);
  }
  if (t.kind == TokenKind::kNumber) {
    ExprPtr e = decode_number(source_, t);
    ++at_;
    return done(std::move(e), start);
  }
  if (t.kind == TokenKind::kString) return strings();
  if (at("(")) return group();
  if (at("[")) return list_display();
  if (at("{")) return brace_display();
  constexpr std::pair<std::string_view, ExprKind> kConstants[] = {
      {"None", ExprKind::kNone}, {"True", ExprKind::kTrue}, {"False", ExprKind::kFalse}, {"...", ExprKind::kEllipsis}};
  for (const auto& [text, kind] : kConstants)
    if (take(text)) return done(make(kind), start);
  fail_unexpected();
}

ExprPtr Parser::group() {
  const Start start = at_;
  expect("(");
  if (take(")")) return done(make(ExprKind::kTuple), start);
  ExprPtr e = inside_group(start, ")");
  if (e->kind == ExprKind::kStarred) fail_at(e->span, "cannot use starred expression here");
  return e;
}

/// The text between brackets, closed by `close` (taken) or, when that is empty, by the end of the tokens. A tuple's
/// and a generator's span includes the brackets, another expression's does not.
ExprPtr Parser::inside_group(Start start, std::string_view close) {
  const auto finish = [&] {
    if (!close.empty()) expect(close);
  };
  if (at("yield")) {
    ExprPtr e = yield_expression();
    finish();
    return e;
  }
  ExprPtr first = star_named_expression();
  if (at("for") || at("async")) {
    if (first->kind == ExprKind::kStarred) fail_at(first->span, "iterable unpacking cannot be used in comprehension");
    ExprPtr e = make(ExprKind::kGenerator);
    e->left = std::move(first);
    comprehension_clauses(*e);
    finish();
    return done(std::move(e), start);
  }
  if (!at(",")) {
    finish();
    return first;
  }
  ExprPtr tuple = make(ExprKind::kTuple);
  tuple->items.push_back(std::move(first));
  while (take(",")) {
    if (!at_expression() && !at("*")) break;
    tuple->items.push_back(star_named_expression());
  }
  finish();
  return done(std::move(tuple), start);
}

ExprPtr Parser::list_display() {
  const Start start = at_;
  expect("[");
  ExprPtr e = make(ExprKind::kList);
  if (!at("]")) {
    ExprPtr first = star_named_expression();
    if (at("for") || at("async")) {
      if (first->kind == ExprKind::kStarred) fail_at(first->span, "iterable unpacking cannot be used in comprehension");
      e->kind = ExprKind::kListComp;
      e->left = std::move(first);
      comprehension_clauses(*e);
    } else {
      e->items.push_back(std::move(first));
      while (take(",") && !at("]")) e->items.push_back(star_named_expression());
    }
  }
  expect("]");
  return done(std::move(e), start);
}

ExprPtr Parser::brace_display() {
  const Start start = at_;
  expect("{");
  if (at("}") || at("**")) return dict_display(start, nullptr);
  ExprPtr first = star_named_expression();
  if (at(":") && first->kind != ExprKind::kStarred) return dict_display(start, std::move(first));
  ExprPtr e = make(ExprKind::kSet);
  if (at("for") || at("async")) {
    if (first->kind == ExprKind::kStarred) fail_at(first->span, "iterable unpacking cannot be used in comprehension");
    e->kind = ExprKind::kSetComp;
    e->left = std::move(first);
    comprehension_clauses(*e);
  } else {
    e->items.push_back(std::move(first));
    while (take(",") && !at("}")) e->items.push_back(star_named_expression());
  }
  expect("}");
  return done(std::move(e), start);
}

/// At the `:` behind the first key, at `**`, or at `}`.
ExprPtr Parser::dict_display(Start start, ExprPtr first_key) {
  ExprPtr e = make(ExprKind::kDict);
  while (first_key || !at("}")) {
    if (!first_key && take("**")) {
      e->keys.push_back(nullptr);
      e->items.push_back(binary(0));
      if (at("for")) fail_here("dict unpacking cannot be used in dict comprehension");
    } else {
      ExprPtr key = first_key ? std::move(first_key) : expression();
      first_key = nullptr;
      if (!at(":")) fail_at(key->span, "':' expected after dictionary key");
      ++at_;
      if (at("}") || at(",")) fail_here("expression expected after dictionary key and ':'");
      ExprPtr value = expression();
      if (at("for") || at("async")) {
        if (!e->items.empty()) fail_unexpected();
        e->kind = ExprKind::kDictComp;
        e->left = std::move(key);
        e->right = std::move(value);
        comprehension_clauses(*e);
        break;
      }
      e->keys.push_back(std::move(key));
      e->items.push_back(std::move(value));
    }
    if (!take(",")) break;
  }
  expect("}");
  return done(std::move(e), start);
}

void Parser::comprehension_clauses(Expr& e) {
  while (at("for") || at("async")) {
    expect("for");
    Comprehension c;
    c.target = target_list("assign to");
    expect("in");
    c.iterable = disjunction();
    while (take("if")) c.conditions.push_back(disjunction());
    e.clauses.push_back(std::move(c));
  }
}

ExprPtr Parser::target_list(std::string_view verb) {
  const Start start = at_;
  const auto one = [&] { return at("*") ? starred() : binary(0); };
  ExprPtr e = one();
  if (at(",")) {
    ExprPtr tuple = make(ExprKind::kTuple);
    tuple->items.push_back(std::move(e));
    while (take(",")) {
      if (!at_expression() && !at("*")) break;
      tuple->items.push_back(one());
    }
    e = done(std::move(tuple), start);
  }
  check_target(*e, std::string(verb));
  return e;
}

void Parser::call_arguments(std::vector<ExprPtr>& items, std::vector<Keyword>& keywords) {
  const Start open = at_ - 1;
  while (!at(")")) {
    call_argument(items, keywords, open);
    if (!take(",")) break;
  }
  expect(")");
  if (items.size() == 1 && keywords.empty() && items[0]->kind == ExprKind::kGenerator && items[0]->span.end_line == 0)
    items[0] = done(std::move(items[0]), open);  // f(x for x in y): the call's brackets are the generator's
}

void Parser::call_argument(std::vector<ExprPtr>& items, std::vector<Keyword>& keywords, Start open) {
  const Start start = at_;
  const bool unpacked = !keywords.empty() && keywords.back().name.empty();
  if (take("**")) {
    keywords.push_back({"", expression(), {}});
    keywords.back().span = span_from(start);
  } else if (at("*")) {
    for (const auto& k : keywords)
      if (k.name.empty()) fail_here("iterable argument unpacking follows keyword argument unpacking");
    items.push_back(unpacked_expression());
  } else if (at(TokenKind::kName) && token(1).is("=")) {
    std::string name(token().text);
    at_ += 2;
    for (const auto& k : keywords)
      if (k.name == name) fail_at(tokens_[start].span, "keyword argument repeated: " + name);
    if (at(")") || at(",")) fail_at(span_from(start), "expected argument value expression");
    keywords.push_back({std::move(name), expression(), {}});
    keywords.back().span = span_from(start);
  } else {
    ExprPtr e = named_expression();
    if (at("for") || at("async")) {
      ExprPtr generator = make(ExprKind::kGenerator);
      generator->left = std::move(e);
      comprehension_clauses(*generator);
      if (start != open + 1 || !at(")")) fail_at(span_from(start), "Generator expression must be parenthesized");
      e = done(std::move(generator), start);
      e->span = {};
    } else if (at("=")) {
      fail_at(span_from(start), "expression cannot contain assignment, perhaps you meant \"==\"?");
    }
    if (!keywords.empty())
      fail_at(span_from(start), unpacked ? "positional argument follows keyword argument unpacking"
                                         : "positional argument follows keyword argument");
    items.push_back(std::move(e));
  }
}

/// `*` and any expression, as arguments and subscripts take it.
ExprPtr Parser::unpacked_expression() {
  const Start start = at_;
  expect("*");
  ExprPtr e = make(ExprKind::kStarred);
  e->operand = expression();
  return done(std::move(e), start);
}

ExprPtr Parser::subscript_index() {
  const Start start = at_;
  const auto one = [&] { return at("*") ? unpacked_expression() : slice(); };
  ExprPtr first = one();
  if (!at(",") && first->kind != ExprKind::kStarred) return first;
  ExprPtr tuple = make(ExprKind::kTuple);
  tuple->items.push_back(std::move(first));
  while (take(",") && !at("]")) tuple->items.push_back(one());
  return done(std::move(tuple), start);
}

ExprPtr Parser::slice() {
  const Start start = at_;
  ExprPtr lower = at(":") ? nullptr : named_expression();
  if (lower && !at(":")) return lower;
  if (lower && tokens_[start + 1].is(":=")) fail_unexpected();
  expect(":");
  ExprPtr e = make(ExprKind::kSlice);
  e->left = std::move(lower);
  const auto bound = [&] { return at(":") || at(",") || at("]") ? nullptr : expression(); };
  e->right = bound();
  if (take(":")) e->third = bound();
  return done(std::move(e), start);
}

}  // namespace gradus::syntax
