#include <algorithm>

#include "unit/run/compiler.h"
#include "unit/run/number.h"
#include "unit/syntax/parse.h"

namespace gradus {

using syntax::NameKind;
using syntax::Scope;

namespace {

// What an instruction does to the depth of the stack when it falls through.
int stack_effect(Opcode op, int a, int flag) {
  switch (op) {
    case Opcode::kConstant:
    case Opcode::kDuplicate:
    case Opcode::kCopy:
    case Opcode::kLoadLocal:
    case Opcode::kLoadCell:
    case Opcode::kLoadClosure:
    case Opcode::kLoadGlobal:
    case Opcode::kLoadName:
    case Opcode::kLoadClassCell:
    case Opcode::kLoadMethod:
    case Opcode::kForNext:
    case Opcode::kPushException:
    case Opcode::kWithEnter:
    case Opcode::kImport:
    case Opcode::kImportFrom:
    case Opcode::kMatchSequence:
    case Opcode::kMatchMapping:
    case Opcode::kMatchLength:
    case Opcode::kMatchKeys:
    case Opcode::kWithFailed:
      return 1;
    case Opcode::kDuplicateTwo:
      return 2;
    case Opcode::kPop:
    case Opcode::kImportStar:
    case Opcode::kStoreLocal:
    case Opcode::kStoreCell:
    case Opcode::kStoreGlobal:
    case Opcode::kStoreName:
    case Opcode::kDeleteAttribute:
    case Opcode::kLoadItem:
    case Opcode::kBinary:
    case Opcode::kInPlace:
    case Opcode::kCompare:
    case Opcode::kJumpIfFalse:
    case Opcode::kJumpIfTrue:
    case Opcode::kJumpIfFalseOrPop:
    case Opcode::kJumpIfTrueOrPop:
    case Opcode::kListAppend:
    case Opcode::kSetAdd:
    case Opcode::kListExtend:
    case Opcode::kSetUpdate:
    case Opcode::kDictUpdate:
    case Opcode::kDictMerge:
    case Opcode::kReturn:
    case Opcode::kReraise:
    case Opcode::kPopException:
    case Opcode::kWithExit:
    case Opcode::kYieldFrom:
      return -1;
    case Opcode::kStoreAttribute:
    case Opcode::kDeleteItem:
    case Opcode::kDictAdd:
      return -2;
    case Opcode::kStoreItem:
      return -3;
    case Opcode::kBuildTuple:
    case Opcode::kBuildList:
    case Opcode::kBuildSet:
    case Opcode::kBuildString:
    case Opcode::kBuildSlice:
      return 1 - a;
    case Opcode::kBuildDict:
      return 1 - 2 * a;
    case Opcode::kFormat:
      return flag & 4 ? -1 : 0;
    case Opcode::kCall:
    case Opcode::kCallKeywords:
      return -a;
    case Opcode::kCallMethod:
    case Opcode::kCallMethodKeywords:
      return -a - 1;
    case Opcode::kCallExpanded:
      return flag ? -2 : -1;
    case Opcode::kMakeFunction:
      return 1 - (flag & 1) - (flag >> 1 & 1) - (flag >> 2 & 1);
    case Opcode::kBuildClass:
      return flag ? -2 : -1;
    case Opcode::kUnpack:
      return a - 1;
    case Opcode::kUnpackStarred:
      return a + flag;
    case Opcode::kRaise:
      return -a;
    case Opcode::kAssertFail:
      return -flag;
    case Opcode::kMatchClass:
      return -1;
    case Opcode::kMatchRest:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

Compiler::Compiler(Interpreter& interpreter, const syntax::Module& source, const syntax::Scopes& scopes,
                   const Scope* scope, const Compiler* outer, std::string name)
    : interpreter_(interpreter),
      source_(source),
      scopes_(scopes),
      scope_(scope),
      is_kept_(outer && outer->is_kept_),
      is_inside_(outer != nullptr),
      code_(std::make_shared<Code>()) {
  code_->name = name;
  code_->qualified_name = name;
  if (outer) {
    code_->source = outer->code_->source;
    if (outer->scope_->kind == Scope::Kind::kClass)
      code_->qualified_name = outer->code_->qualified_name + "." + name;
    else if (outer->is_inside_)
      code_->qualified_name = outer->code_->qualified_name + ".<locals>." + name;
  }
}

Compiler::Compiler(Interpreter& interpreter, const syntax::Module& source, const syntax::Scopes& scopes,
                   std::shared_ptr<const Source> kept)
    : Compiler(interpreter, source, scopes, scopes.root.get(), nullptr, "<module>") {
  is_kept_ = kept != nullptr;
  code_->source = kept ? std::move(kept) : std::make_shared<const Source>(Source{source.file, source.lines});
}

int Compiler::emit(Opcode op, int a, int flag, int b) {
  code_->instructions.push_back({op, static_cast<uint8_t>(flag), static_cast<uint16_t>(b), a});
  code_->spans.push_back(span_);
  depth_ += stack_effect(op, a, flag);
  code_->stack_size = std::max(code_->stack_size, depth_ + 2);
  return static_cast<int>(code_->instructions.size()) - 1;
}

void Compiler::jump(Opcode op, Label& to) {
  const int at = emit(op, to.target);
  int depth = depth_;
  if (op == Opcode::kForNext) depth -= 2;                                             // the iterator is gone
  if (op == Opcode::kJumpIfFalseOrPop || op == Opcode::kJumpIfTrueOrPop) depth += 1;  // the value stays
  to.depth = depth;
  if (to.target < 0) to.jumps.push_back(at);
}

void Compiler::place(Label& label) {
  label.target = static_cast<int>(code_->instructions.size());
  for (int at : label.jumps) code_->instructions[static_cast<size_t>(at)].a = label.target;
  if (label.depth >= 0) depth_ = label.depth;
}

int Compiler::constant(const Value& v, const std::string& key) {
  const auto [at, added] = constants_.try_emplace(key, static_cast<int>(code_->constants.size()));
  if (added) code_->constants.push_back(v);
  return at->second;
}

void Compiler::load_constant(const Value& v, const std::string& key) { emit(Opcode::kConstant, constant(v, key)); }

void Compiler::load_text(const std::string& text) { load_constant(interpreter_.intern(text), "s" + text); }

int Compiler::name_index(const std::string& name) {
  const auto [at, added] = names_.try_emplace(name, static_cast<int>(code_->names.size()));
  if (added) code_->names.push_back(interpreter_.intern(name));
  return at->second;
}

int Compiler::cache() {
  if (code_->caches.size() >= 0xFFFF) return 0xFFFF;  // shared by all that come later: slow but right
  code_->caches.emplace_back();
  return static_cast<int>(code_->caches.size()) - 1;
}

void Compiler::fail(const std::string& message, const Span& at) const {
  std::string text = "  File \"" + source_.file + "\", line " + std::to_string(at.line) + "\n";
  if (at.line >= 1 && static_cast<size_t>(at.line) <= source_.lines.size())
    text += "    " + source_.lines[static_cast<size_t>(at.line) - 1] + "\n";
  throw syntax::SyntaxError(text + "SyntaxError: " + message, at);
}

std::string Compiler::text_of(const Span& s) const {
  std::string text;
  for (int line = s.line; line <= s.end_line && static_cast<size_t>(line) <= source_.lines.size(); ++line) {
    const std::string& whole = source_.lines[static_cast<size_t>(line) - 1];
    int column = 0;
    for (char c : whole) {  // columns are code points
      const bool starts = (c & 0xC0) != 0x80;
      const int here = starts ? column++ : column - 1;
      if ((line > s.line || here >= s.column) && (line < s.end_line || here < s.end_column)) text += c;
    }
  }
  return text;
}

std::string Compiler::annotation_text(const Expr& e) const {
  return e.kind == ExprKind::kString ? e.text : text_of(e.span);
}

// Slots: parameters and other locals in the scope's order, then what is captured from outside.
void Compiler::add_slots() {
  const auto add = [&](const std::string& name) {
    if (slots_.try_emplace(name, static_cast<int>(code_->slot_names.size())).second)
      code_->slot_names.push_back(interpreter_.intern(name));
  };
  if (scope_->kind == Scope::Kind::kComprehension) add(".0");
  if (scope_->kind != Scope::Kind::kModule && scope_->kind != Scope::Kind::kClass)
    for (const std::string& name : scope_->locals) add(name);
  for (const std::string& name : scope_->cells) add(name);
  if (scope_->kind == Scope::Kind::kClass)
    for (const auto& child : scope_->children)
      if (std::count(child->frees.begin(), child->frees.end(), "__class__")) add("__class__");
  code_->n_locals = static_cast<int>(code_->slot_names.size());
  for (const std::string& name : scope_->cells) code_->cell_slots.push_back(slots_.at(name));
  if (scope_->kind == Scope::Kind::kClass && slots_.count("__class__") &&
      !std::count(scope_->cells.begin(), scope_->cells.end(), "__class__"))
    code_->cell_slots.push_back(slots_.at("__class__"));
  for (const std::string& name : scope_->frees) {
    if (slots_.count(name) && scope_->kind == Scope::Kind::kClass) continue;
    slots_[name] = static_cast<int>(code_->slot_names.size());
    code_->slot_names.push_back(interpreter_.intern(name));
  }
  code_->n_frees = static_cast<int>(code_->slot_names.size()) - code_->n_locals;
  if (const auto at = slots_.find("__class__"); at != slots_.end() && at->second >= code_->n_locals)
    code_->class_cell = at->second;
  code_->is_generator = scope_->is_generator;
}

void Compiler::finish() { code_->stack_size += 4; }

void Compiler::access_name(const std::string& name, Opcode local, Opcode cell, Opcode global, Opcode in_class) {
  const auto kind = scope_->names.find(name);
  const NameKind k = kind == scope_->names.end() ? NameKind::kGlobal : kind->second;
  const auto slot = slots_.find(name);
  if (scope_->kind == Scope::Kind::kClass && k == NameKind::kFree && in_class == Opcode::kLoadName) {
    emit(Opcode::kLoadClassCell, name_index(name), 0, slot->second);
  } else if (k == NameKind::kClassLocal || (scope_->kind == Scope::Kind::kModule)) {
    const bool in_cell = slot != slots_.end() && in_class == Opcode::kLoadName && slot->second >= code_->n_locals;
    if (scope_->kind == Scope::Kind::kModule)
      emit(global, name_index(name), 0, cache());
    else
      emit(in_cell ? Opcode::kLoadClassCell : in_class, name_index(name), 0, in_cell ? slot->second : cache());
  } else if (k == NameKind::kGlobal) {
    emit(global, name_index(name), 0, cache());
  } else {
    emit(k == NameKind::kLocal ? local : cell, slot->second);
  }
}

void Compiler::load_name(const std::string& name) {
  access_name(name, Opcode::kLoadLocal, Opcode::kLoadCell, Opcode::kLoadGlobal, Opcode::kLoadName);
}
void Compiler::store_name(const std::string& name) {
  access_name(name, Opcode::kStoreLocal, Opcode::kStoreCell, Opcode::kStoreGlobal, Opcode::kStoreName);
}
void Compiler::delete_name(const std::string& name) {
  access_name(name, Opcode::kDeleteLocal, Opcode::kDeleteCell, Opcode::kDeleteGlobal, Opcode::kDeleteName);
}

// Functions

void Compiler::set_parameters(const syntax::Parameters& p) {
  code_->n_positional_only = static_cast<int>(p.positional_only.size());
  code_->n_positional = code_->n_positional_only + static_cast<int>(p.positional.size());
  code_->n_keyword_only = static_cast<int>(p.keyword_only.size());
  code_->has_varargs = p.varargs != nullptr;
  code_->has_kwargs = p.kwargs != nullptr;
  std::vector<const syntax::Parameter*> all;
  for (const auto& q : p.positional_only) all.push_back(&q);
  for (const auto& q : p.positional) all.push_back(&q);
  for (const auto& q : p.keyword_only) all.push_back(&q);
  if (p.varargs) all.push_back(p.varargs.get());
  if (p.kwargs) all.push_back(p.kwargs.get());
  for (const syntax::Parameter* q : all) {  // slots in the order that calls fill
    slots_[q->name] = static_cast<int>(code_->slot_names.size());
    code_->slot_names.push_back(interpreter_.intern(q->name));
    if (q->annotation) code_->annotations.emplace_back(q->name, annotation_text(*q->annotation));
  }
}

std::shared_ptr<Code> Compiler::module() {
  code_->is_namespace = true;
  add_slots();
  if (!source_.body.empty() && source_.body[0]->kind == StmtKind::kExpr &&
      source_.body[0]->value->kind == ExprKind::kString)
    code_->docstring = interpreter_.make_str(source_.body[0]->value->text);
  body(source_.body);
  load_none();
  emit(Opcode::kReturn);
  finish();
  return code_;
}

std::shared_ptr<Code> Compiler::function_head(const syntax::Parameters& parameters, const Body& statements, int line) {
  code_->first_line = line;
  set_parameters(parameters);
  add_slots();
  if (!statements.empty() && statements[0]->kind == StmtKind::kExpr && statements[0]->value->kind == ExprKind::kString)
    code_->docstring = interpreter_.make_str(statements[0]->value->text);
  return code_;
}

void Compiler::function_body(const Body& statements) {
  body(statements);
  load_none();
  emit(Opcode::kReturn);
  finish();
}

std::shared_ptr<Code> Compiler::lambda(const Expr& e) {
  code_->first_line = e.span.line;
  if (e.parameters) set_parameters(*e.parameters);
  add_slots();
  expression(*e.left);
  At at(*this, e.left->span);
  emit(Opcode::kReturn);
  finish();
  return code_;
}

int Compiler::defaults(const syntax::Parameters& p) {
  int n = 0, flags = 0, n_keyword = 0;
  for (const auto* list : {&p.positional_only, &p.positional})
    for (const syntax::Parameter& q : *list)
      if (q.default_value) expression(*q.default_value), ++n;
  if (n) emit(Opcode::kBuildTuple, n), flags |= 1;
  for (const syntax::Parameter& q : p.keyword_only)
    if (q.default_value) load_text(q.name), expression(*q.default_value), ++n_keyword;
  if (n_keyword) emit(Opcode::kBuildDict, n_keyword), flags |= 2;
  return flags;
}

void Compiler::make_function(std::shared_ptr<Code> child, int flags) {
  if (child->n_frees) {
    for (int i = 0; i < child->n_frees; ++i) {
      const std::string& name = child->slot_names[static_cast<size_t>(child->n_locals + i)]->text;
      emit(Opcode::kLoadClosure, slots_.at(name));
    }
    emit(Opcode::kBuildTuple, child->n_frees);
    flags |= 4;
  }
  code_->children.push_back(std::move(child));
  emit(Opcode::kMakeFunction, static_cast<int>(code_->children.size()) - 1, flags);
}

void Compiler::decorators_and(const Stmt& s, void (Compiler::*definition)(const Stmt&)) {
  for (const auto& d : s.decorators) expression(*d);
  (this->*definition)(s);
  for (size_t i = s.decorators.size(); i-- > 0;) {
    At at(*this, s.decorators[i]->span);
    emit(Opcode::kCall, 1);
  }
  store_name(s.name);
}

void Compiler::function_value(const Stmt& s) {
  const int flags = defaults(*s.parameters);
  const auto inner = std::make_shared<Compiler>(interpreter_, source_, scopes_, scopes_.of.at(&s), this, s.name);
  const std::shared_ptr<Code> child = inner->function_head(*s.parameters, s.body, s.span.line);
  if (is_kept_) {
    inner->code_.reset();  // or the two would hold each other
    child->rest = [inner, statements = &s.body](const std::shared_ptr<Code>& code) {
      inner->code_ = code;
      inner->function_body(*statements);
    };
  } else {
    inner->function_body(s.body);
  }
  if (s.annotation) child->annotations.emplace_back("return", annotation_text(*s.annotation));
  make_function(child, flags);
}

void Compiler::function_definition(const Stmt& s) { decorators_and(s, &Compiler::function_value); }
void Compiler::class_definition(const Stmt& s) { decorators_and(s, &Compiler::class_value); }

void Compiler::class_value(const Stmt& s) {
  build_list(s.items);
  emit(Opcode::kListToTuple);
  if (!s.keywords.empty()) keyword_dict(s.keywords);
  Compiler inner(interpreter_, source_, scopes_, scopes_.of.at(&s), this, s.name);
  make_function(inner.class_body(s), 0);
  emit(Opcode::kBuildClass, name_index(s.name), !s.keywords.empty());
}

std::shared_ptr<Code> Compiler::class_body(const Stmt& s) {
  code_->first_line = s.span.line;
  code_->is_namespace = true;
  add_slots();
  if (!s.body.empty() && s.body[0]->kind == StmtKind::kExpr && s.body[0]->value->kind == ExprKind::kString) {
    code_->docstring = interpreter_.make_str(s.body[0]->value->text);
  }
  body(s.body);
  if (const auto cell = slots_.find("__class__"); cell != slots_.end() && cell->second < code_->n_locals)
    emit(Opcode::kLoadClosure, cell->second);
  else
    load_none();
  emit(Opcode::kReturn);
  finish();
  return code_;
}

std::shared_ptr<Code> compile(Interpreter& interpreter, const syntax::Module& module, const syntax::Scopes& scopes,
                              std::shared_ptr<const Source> kept) {
  return Compiler(interpreter, module, scopes, std::move(kept)).module();
}

}  // namespace gradus
