/// The syntax tree of a unit's source: Python's own `ast` module, node for node, so that whoever knows that page
/// of Python's manual knows this one. Only what is listed here exists; the parser refuses the rest by name.
/// Private names (`__x` inside `class C`) already are `_C__x` in every place where Python's compiler mangles them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gradus::syntax {

/// Where a node stands: lines from 1, columns in code points from 0, `end` one past the last.
struct Span {
  int32_t line = 0, column = 0, end_line = 0, end_column = 0;
};

enum class Op : uint8_t {
  // binary
  kAdd,
  kSub,
  kMul,
  kMatMul,
  kDiv,
  kFloorDiv,
  kMod,
  kPow,
  kLeftShift,
  kRightShift,
  kBitOr,
  kBitXor,
  kBitAnd,
  // unary
  kInvert,
  kNot,
  kPlus,
  kMinus,
  // comparison
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIs,
  kIsNot,
  kIn,
  kNotIn,
  // boolean
  kAnd,
  kOr,
};

struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

struct Parameter {
  std::string name;
  ExprPtr annotation;     // may be null
  ExprPtr default_value;  // may be null
  Span span;
};

struct Parameters {
  std::vector<Parameter> positional_only, positional, keyword_only;
  std::unique_ptr<Parameter> varargs, kwargs;  // *args, **kwargs; null when absent. A bare `*` leaves varargs null.
};

struct Keyword {
  std::string name;  // empty: **value
  ExprPtr value;
  Span span;
};

struct Comprehension {
  ExprPtr target, iterable;
  std::vector<ExprPtr> conditions;
  bool is_async = false;  // always false: the parser refuses async
};

enum class ExprKind : uint8_t {
  kNone,
  kTrue,
  kFalse,
  kEllipsis,
  kInteger,
  kFloat,
  kImaginary,
  kString,
  kBytes,
  kFString,    // parts: kString and kFormatted alternating
  kFormatted,  // operand, conversion ('r','s','a' or 0), format (an kFString or null)
  kName,       // text
  kTuple,
  kList,
  kSet,          // items (kStarred allowed)
  kDict,         // keys (null: **value) and items, same length
  kBinary,       // left op right
  kUnary,        // op operand
  kBoolean,      // items joined by op
  kCompare,      // left, ops, items
  kCall,         // operand(items, keywords); kStarred among items
  kAttribute,    // operand.text
  kSubscript,    // operand[left]; left may be kTuple with kSlice items
  kSlice,        // left:right:third, each may be null
  kStarred,      // *operand
  kLambda,       // parameters, left = body
  kConditional,  // left if operand else right
  kNamedExpr,    // text := operand
  kListComp,
  kSetComp,
  kGenerator,  // left, clauses
  kDictComp,   // left: right, clauses
  kYield,      // operand may be null
  kYieldFrom,  // operand
};

struct Expr {
  ExprKind kind;
  Span span;
  int32_t height = 1;  // of the tree below, this node included; bounded by Limits::height
  Op op{};
  char conversion = 0;
  std::string text;   // name, string value (UTF-8, decoded), bytes, or the digits of an integer in base 10 (any size)
  double number = 0;  // kFloat, kImaginary
  ExprPtr left, right, third, operand, format;
  std::vector<ExprPtr> items, keys;
  std::vector<Op> ops;
  std::vector<Keyword> keywords;
  std::vector<Comprehension> clauses;
  std::unique_ptr<Parameters> parameters;
};

enum class StmtKind : uint8_t {
  kExpr,       // value
  kAssign,     // targets = value
  kAugAssign,  // target op= value
  kAnnAssign,  // target: annotation = value (value may be null); level = 1 for a bare name, 0 for `(x): int`, `a.b:
               // int`
  kReturn,
  kDelete /* targets */,
  kPass,
  kBreak,
  kContinue,
  kRaise,   // value from cause, both may be null
  kAssert,  // value, cause = message (may be null)
  kGlobal,
  kNonlocal,    // names
  kImport,      // aliases; without `as`, `import a.b.c` binds a
  kImportFrom,  // name (with leading dots counted in level), aliases, or "*" alone
  kIf,          // value, body, orelse
  kWhile,
  kFor,       // target in value: body orelse
  kWith,      // with_items, body
  kTry,       // body, handlers, orelse, final_body
  kFunction,  // name, parameters, decorators, annotation = return annotation, body
  kClass,     // name, bases (items), keywords, decorators, body
  kMatch,     // value, cases
};

struct Alias {
  std::string name, as_name;
  Span span;
};  // as_name empty when not given
struct WithItem {
  ExprPtr context, target;
};  // target may be null
struct Handler {
  ExprPtr type;
  std::string name;
  Body body;
  Span span;
};  // type null: bare except

struct Pattern;
using PatternPtr = std::unique_ptr<Pattern>;
enum class PatternKind : uint8_t { kValue, kSingleton, kSequence, kMapping, kClass, kStar, kAs, kOr };
struct Pattern {
  PatternKind kind;
  Span span;
  ExprPtr value;                             // kValue, kSingleton, kClass (the class)
  std::string name;                          // kStar, kAs (empty: wildcard), kMapping (**rest)
  PatternPtr pattern;                        // kAs
  std::vector<PatternPtr> patterns;          // kSequence, kMapping values, kOr, kClass positional
  std::vector<ExprPtr> keys;                 // kMapping
  std::vector<std::string> keyword_names;    // kClass
  std::vector<PatternPtr> keyword_patterns;  // kClass
};
struct MatchCase {
  PatternPtr pattern;
  ExprPtr guard;
  Body body;
};

struct Stmt {
  StmtKind kind;
  Span span;
  Op op{};
  std::string name;
  int level = 0;
  ExprPtr target, value, cause, annotation;
  std::vector<ExprPtr> targets, items, decorators;
  std::vector<Keyword> keywords;
  std::vector<std::string> names;
  std::vector<Alias> aliases;
  std::vector<WithItem> with_items;
  std::vector<Handler> handlers;
  std::vector<MatchCase> cases;
  std::unique_ptr<Parameters> parameters;
  Body body, orelse, final_body;
};

struct Module {
  std::string file;                // as named in errors
  std::vector<std::string> lines;  // the source, for carets
  Body body;
};

}  // namespace gradus::syntax
