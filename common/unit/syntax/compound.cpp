#include "unit/syntax/parser.h"

namespace gradus::syntax {

/// Parses one when the tokens begin one.
bool Parser::compound_statement(Body& body) {
  StmtPtr s;
  if (at("if"))
    s = if_statement();
  else if (at("while"))
    s = while_statement();
  else if (at("for"))
    s = for_statement();
  else if (at("with"))
    s = with_statement();
  else if (at("try"))
    s = try_statement();
  else if (at("def"))
    s = function({});
  else if (at("class"))
    s = class_definition({});
  else if (at("@"))
    s = decorated();
  else if (at_match_statement())
    s = match_statement();
  else if (at("async"))
    fail_here("'async' is not supported: units have no event loop");
  else
    return false;
  body.push_back(std::move(s));
  return true;
}

/// Behind the colon: an indented block, or statements on the same line.
Body Parser::block(const std::string& after, int line) {
  const Nest nest(*this);
  Body body;
  if (!at(TokenKind::kNewline)) {
    simple_statements(body);
    return body;
  }
  ++at_;
  if (!at(TokenKind::kIndent))
    fail_here("expected an indented block after " + after + " on line " + std::to_string(line), "IndentationError");
  ++at_;
  while (!at(TokenKind::kDedent)) {
    if (at(TokenKind::kEnd)) fail_unexpected();
    statement(body);
  }
  ++at_;
  return body;
}

ExprPtr Parser::condition() {
  ExprPtr e = named_expression();
  expect(":");
  return e;
}

/// At `if`. An `elif` is an If alone in orelse: a long chain is one loop here but deep in the tree.
StmtPtr Parser::if_statement() {
  std::vector<std::pair<StmtPtr, Start>> chain;
  const int links_outside = links_;
  for (;;) {
    if (++links_ > limits_.height) fail_here("too many 'elif' branches");
    const Start start = at_++;
    const std::string word = "'" + std::string(tokens_[start].text) + "' statement";
    StmtPtr s = make(StmtKind::kIf);
    s->value = condition();
    s->body = block(word, tokens_[start].span.line);
    chain.emplace_back(std::move(s), start);
    if (!at("elif")) break;
  }
  if (at("else")) {
    const int line = token().span.line;
    ++at_;
    expect(":");
    chain.back().first->orelse = block("'else' statement", line);
  }
  links_ = links_outside;
  while (chain.size() > 1) {
    StmtPtr inner = done(std::move(chain.back().first), chain.back().second);
    chain.pop_back();
    chain.back().first->orelse.push_back(std::move(inner));
  }
  return done(std::move(chain[0].first), chain[0].second);
}

StmtPtr Parser::while_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kWhile);
  s->value = condition();
  s->body = block("'while' statement", tokens_[start].span.line);
  if (const int line = token().span.line; take("else")) {
    expect(":");
    s->orelse = block("'else' statement", line);
  }
  return done(std::move(s), start);
}

StmtPtr Parser::for_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kFor);
  s->target = target_list("assign to");
  expect("in");
  s->value = star_expressions();
  expect(":");
  s->body = block("'for' statement", tokens_[start].span.line);
  if (const int line = token().span.line; take("else")) {
    expect(":");
    s->orelse = block("'else' statement", line);
  }
  return done(std::move(s), start);
}

WithItem Parser::with_item() {
  WithItem item;
  item.context = expression();
  if (!take("as")) return item;
  const Start start = at_;
  item.target = at("*") ? starred() : primary();
  if (item.target->kind == ExprKind::kStarred)
    fail_at(span_from(start), "starred assignment target must be in a list or tuple");
  check_target(*item.target, "assign to");
  return item;
}

/// `with (a as b, c as d):`; false, with nothing taken, when the brackets belong to an expression.
bool Parser::parenthesised_with_items(std::vector<WithItem>& items) {
  const Start start = at_;
  if (!take("(")) return false;
  try {
    do items.push_back(with_item());
    while (take(",") && !at(")"));
    if (take(")") && at(":")) return true;
  } catch (const SyntaxError&) {
    // read again as an expression, whose error is the better one
  }
  at_ = start;
  items.clear();
  return false;
}

StmtPtr Parser::with_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kWith);
  if (!parenthesised_with_items(s->with_items)) {
    do s->with_items.push_back(with_item());
    while (take(","));
  }
  expect(":");
  s->body = block("'with' statement", tokens_[start].span.line);
  return done(std::move(s), start);
}

Handler Parser::handler() {
  const Start start = at_++;
  Handler h;
  if (at("*")) fail_here("'except*' is not supported: units have no exception groups");
  if (!at(":")) {
    h.type = expression();
    if (at(",")) fail_at(span_from(start + 1), "multiple exception types must be parenthesized");
    if (take("as")) h.name = identifier();
  }
  expect(":");
  h.body = block("'except' statement", tokens_[start].span.line);
  h.span = span_from(start);
  return h;
}

StmtPtr Parser::try_statement() {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kTry);
  expect(":");
  s->body = block("'try' statement", tokens_[start].span.line);
  while (at("except")) {
    if (!s->handlers.empty() && !s->handlers.back().type)
      fail_at(s->handlers.back().span, "default 'except:' must be last");
    s->handlers.push_back(handler());
  }
  if (const int line = token().span.line; !s->handlers.empty() && take("else")) {
    expect(":");
    s->orelse = block("'else' statement", line);
  }
  if (const int line = token().span.line; take("finally")) {
    expect(":");
    s->final_body = block("'finally' statement", line);
  } else if (s->handlers.empty()) {
    fail_here("expected 'except' or 'finally' block");
  }
  return done(std::move(s), start);
}

StmtPtr Parser::decorated() {
  std::vector<ExprPtr> decorators;
  while (take("@")) {
    decorators.push_back(named_expression());
    if (!at(TokenKind::kNewline)) fail_unexpected();
    ++at_;
  }
  if (at("def")) return function(std::move(decorators));
  if (at("class")) return class_definition(std::move(decorators));
  fail_unexpected();
}

StmtPtr Parser::function(std::vector<ExprPtr> decorators) {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kFunction);
  s->decorators = std::move(decorators);
  s->name = identifier();
  if (!at("(")) fail_here("expected '('");
  ++at_;
  s->parameters = parameters(")", true);
  expect(")");
  if (take("->")) s->annotation = expression();
  expect(":");
  s->body = block("function definition", tokens_[start].span.line);
  return done(std::move(s), start);
}

StmtPtr Parser::class_definition(std::vector<ExprPtr> decorators) {
  const Start start = at_++;
  StmtPtr s = make(StmtKind::kClass);
  s->decorators = std::move(decorators);
  const std::string plain(token().text);
  s->name = identifier();
  if (take("(")) call_arguments(s->items, s->keywords);
  expect(":");
  classes_.push_back(plain);
  s->body = block("class definition", tokens_[start].span.line);
  classes_.pop_back();
  return done(std::move(s), start);
}

}  // namespace gradus::syntax
