/// Bytecode of the unit language: a stack machine in CPython's manner. One Code a function, class body, lambda,
/// comprehension or module. Exceptions cost nothing until raised: a table names the handler of every range.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unit/run/value.h"
#include "unit/syntax/ast.h"
#include "unit/syntax/scope.h"

namespace gradus {

enum class Opcode : uint8_t {
  kNop,
  kConstant,
  kPop,
  kDuplicate,
  kDuplicateTwo,
  kSwap,
  kRotateThree,
  kCopy /* a from the top, 1: top */,
  kLoadLocal,
  kStoreLocal,
  kDeleteLocal,
  kLoadCell,
  kStoreCell,
  kDeleteCell,
  kLoadClosure,
  kLoadGlobal,
  kStoreGlobal,
  kDeleteGlobal,
  kLoadName,
  kStoreName,
  kDeleteName,
  kLoadClassCell,  // class bodies and modules
  kLoadAttribute,
  kStoreAttribute,
  kDeleteAttribute,
  kLoadMethod,
  kLoadItem,
  kStoreItem,
  kDeleteItem,
  kBinary,
  kInPlace,
  kUnary,
  kNot,
  kCompare,  // flag: syntax::Op
  kJump,
  kJumpIfFalse,
  kJumpIfTrue,
  kJumpIfFalseOrPop,
  kJumpIfTrueOrPop,
  kBuildTuple,
  kBuildList,
  kBuildSet,
  kBuildDict,
  kBuildSlice,
  kBuildString,
  kFormat,
  kListAppend,
  kSetAdd,
  kDictAdd,
  kListExtend,
  kSetUpdate,
  kDictUpdate,
  kDictMerge,
  kListToTuple,
  kCall,
  kCallKeywords,
  kCallExpanded,
  kCallMethod,
  kCallMethodKeywords,
  kMakeFunction,
  kBuildClass,
  kAnnotate,
  kIterate,
  kForNext,
  kUnpack,
  kUnpackStarred,
  kYield,
  kYieldFrom,
  kReturn,
  kRaise,
  kReraise,
  kPushException,
  kPopException,
  kMatchException,
  kAssertFail,
  kWithEnter,
  kWithExit,
  kWithFailed,
  kImport,
  kImportFrom,
  kImportStar,
  kMatchSequence,
  kMatchMapping,
  kMatchLength,
  kMatchKeys,
  kMatchClass,
  kMatchRest,
};

struct Instruction {
  Opcode op;
  uint8_t flag = 0;
  uint16_t b = 0;  // inline cache, or a second index
  int32_t a = 0;
};

/// What an attribute or global looked like the last time this instruction ran.
struct InlineCache {
  const void* owner = nullptr;  // Class or Dict
  uint32_t version = 0, second = 0, position = 0;
  uint8_t mode = 0;
  Value* found = nullptr;
};

struct HandlerRange {
  int32_t start, end, target, depth;
};

struct Source {
  std::string file;
  std::vector<std::string> lines;
};

/// Where the operator of a binary operation or the bracket of a subscript stands, for carets.
struct Anchor {
  int32_t instruction;
  syntax::Span left, right;
  bool is_subscript;
};

struct Code {
  std::string name, qualified_name;
  std::shared_ptr<const Source> source;
  int first_line = 0;
  std::vector<Instruction> instructions;
  std::vector<syntax::Span> spans;  // of each instruction
  std::vector<Anchor> anchors;
  std::vector<HandlerRange> handlers;  // inner ones first
  mutable std::vector<InlineCache> caches;
  std::vector<Value> constants;
  std::vector<Ref<Str>> names;
  std::vector<std::vector<Ref<Str>>> keyword_names;
  std::vector<std::shared_ptr<Code>> children;

  // Slots of a frame: locals, parameters first (positional, keyword-only, *args, **kwargs); then captured cells.
  std::vector<Ref<Str>> slot_names;
  int n_locals = 0, n_frees = 0, stack_size = 0;
  std::vector<int> cell_slots;  // locals that live in cells
  int n_positional_only = 0, n_positional = 0, n_keyword_only = 0;
  bool has_varargs = false, has_kwargs = false;
  bool is_generator = false, is_namespace = false /* class body or module: kLoadName */;
  int class_cell = -1;  // slot of __class__, for super()
  Value docstring;
  std::vector<std::pair<std::string, std::string>> annotations;  // of parameters, "return" last: source text
  /// Not yet compiled: the instructions, from the parameters on; empty once done. See compile().
  std::function<void(const std::shared_ptr<Code>&)> rest;
  int n_parameters() const { return n_positional + n_keyword_only + has_varargs + has_kwargs; }
};

/// Compiles a parsed module. Names and string constants are interned in the interpreter. `kept`: the source of a tree
/// that outlives the interpreter; then the body of a function is compiled when it is first called.
std::shared_ptr<Code> compile(Interpreter&, const syntax::Module&, const syntax::Scopes&,
                              std::shared_ptr<const Source> kept = nullptr);

}  // namespace gradus
