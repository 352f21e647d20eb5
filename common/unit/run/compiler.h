/// The compiler of one Code: walks the tree of a module, function, class or comprehension. Only compile*.cpp see this.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/run/code.h"
#include "unit/run/interpreter.h"

namespace gradus {

using syntax::Body;
using syntax::Expr;
using syntax::ExprKind;
using syntax::Op;
using syntax::Span;
using syntax::Stmt;
using syntax::StmtKind;

class Compiler {
 public:
  Compiler(Interpreter&, const syntax::Module&, const syntax::Scopes&, const syntax::Scope*, const Compiler* outer,
           std::string name);
  /// Of a whole module; `kept` as compile() has it.
  Compiler(Interpreter&, const syntax::Module&, const syntax::Scopes&, std::shared_ptr<const Source> kept);
  std::shared_ptr<Code> module();
  /// The code with its parameters and slots; its instructions are function_body's.
  std::shared_ptr<Code> function_head(const syntax::Parameters&, const Body&, int first_line);
  void function_body(const Body&);
  std::shared_ptr<Code> lambda(const Expr&);
  std::shared_ptr<Code> comprehension(const Expr&);
  std::shared_ptr<Code> class_body(const Stmt&);

 private:
  /// A place to jump to; every jump there has the same stack depth.
  struct Label {
    int target = -1, depth = -1;
    std::vector<int> jumps;
  };
  /// What `return`, `break` and `continue` have to undo on their way out, and what protects the code inside.
  struct Block {
    enum class Kind { kLoop, kExcept, kHandler, kFinally, kFinallyHandler, kWith } kind;
    Label* handler = nullptr;  // of the range that is open
    int start = -1;            // of that range
    int depth = 0;             // stack depth its handler starts with
    Label *break_to = nullptr, *continue_to = nullptr;
    bool holds_iterator = false;  // a for loop
    const Body* final_body = nullptr;
    std::string name;  // of `except … as name`
  };
  struct At {  // sets the span for the instructions of a node
    At(Compiler& c, const Span& s) : compiler(c), before(c.span_) { c.span_ = s; }
    ~At() { compiler.span_ = before; }
    Compiler& compiler;
    Span before;
  };

  // compile.cpp: instructions, names, constants, functions
  int emit(Opcode, int a = 0, int flag = 0, int b = 0);
  void jump(Opcode, Label&);
  void place(Label&);
  int constant(const Value&, const std::string& key);
  void load_constant(const Value&, const std::string& key);
  void load_none() { load_constant(Value(), "None"); }
  void load_text(const std::string&);
  int name_index(const std::string&);
  int cache();
  std::string text_of(const Span&) const;
  std::string annotation_text(const Expr&) const;
  [[noreturn]] void fail(const std::string& message, const Span&) const;
  void add_slots();
  void finish();
  void load_name(const std::string&);
  void store_name(const std::string&);
  void delete_name(const std::string&);
  void access_name(const std::string&, Opcode local, Opcode cell, Opcode global, Opcode in_class);
  void make_function(std::shared_ptr<Code>, int flags);
  int defaults(const syntax::Parameters&);
  void set_parameters(const syntax::Parameters&);
  void function_definition(const Stmt&);
  void class_definition(const Stmt&);
  void decorators_and(const Stmt&, void (Compiler::*definition)(const Stmt&));
  void function_value(const Stmt&);
  void class_value(const Stmt&);

  // compile_statement.cpp
  void body(const Body&);
  void statement(const Stmt&);
  void assign(const Expr& target);
  void assign_unpacked(const std::vector<syntax::ExprPtr>&, const Span&);
  void augmented(const Stmt&);
  void annotated(const Stmt&);
  void remove(const Expr& target);
  void if_statement(const Stmt&);
  void while_statement(const Stmt&);
  void for_statement(const Stmt&);
  void loop_body(const Stmt&, Label& again, Label& otherwise);
  void import_statement(const Stmt&);
  void import_from(const Stmt&);
  void assert_statement(const Stmt&);

  // compile_block.cpp
  void try_statement(const Stmt&);
  void try_except(const Stmt&);
  void with_statement(const Stmt&, size_t item);
  void return_statement(const Stmt&);
  void leave_loop(const Stmt&);
  void unwind_to(size_t n_blocks, bool has_value);
  void unwind(const Block&, bool has_value);
  void open(Block);
  Block close();
  void close_range(Block&);
  void restore_handled_and_reraise();
  void forget(const std::string& name);
  void place_handler(Label&);

  // compile_match.cpp
  void match_statement(const Stmt&);
  void pattern(const syntax::Pattern&, Label& fail_to);
  void parts(const std::vector<const syntax::Pattern*>&, Label& fail_to, bool from_the_last = false);
  void pattern_sequence(const syntax::Pattern&, Label& fail_to);
  void pattern_mapping(const syntax::Pattern&, Label& fail_to);
  void pattern_class(const syntax::Pattern&, Label& fail_to);
  void pattern_or(const syntax::Pattern&, Label& fail_to);
  void fail_pattern(Opcode, Label& fail_to, int pops);

  // compile_expression.cpp
  void expression(const Expr&);
  void condition(const Expr&, Label& target, bool jump_if);
  bool literal(const Expr&, Value&, std::string& key) const;
  void formatted(const Expr&);
  void sequence(const Expr&);
  void build_list(const std::vector<syntax::ExprPtr>&, bool in_call = false);
  void dict(const Expr&);
  void compare(const Expr&);
  void boolean(const Expr&);
  void call(const Expr&);
  void call_expanded(const Expr&);
  bool simple_call(const Expr&) const;
  void arguments(const Expr&, Opcode plain, Opcode with_keywords);
  void keyword_dict(const std::vector<syntax::Keyword>&, bool in_call = false);
  void subscript_key(const Expr&);
  void comprehension_value(const Expr&);
  void clause(const Expr&, size_t i, int depth);
  void element(const Expr&, int depth);
  void yield_from(const Expr&);

  Interpreter& interpreter_;
  const syntax::Module& source_;
  const syntax::Scopes& scopes_;
  const syntax::Scope* scope_;
  bool is_kept_, is_inside_;  // the tree outlives the interpreter; there is a code around this one
  std::shared_ptr<Code> code_;
  std::unordered_map<std::string, int> slots_, names_;
  std::map<std::string, int> constants_;
  std::vector<Block> blocks_;
  Span span_;
  int depth_ = 0;
  int first_parameter_ = 0;  // 1 in comprehensions: slot 0 is the iterator
};

}  // namespace gradus
