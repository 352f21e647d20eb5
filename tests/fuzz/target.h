/// What is fuzzed, as functions of a text: by libFuzzer (syntax.cpp, evaluator.cpp) and, over the seeds, by
/// tests/unit/fuzz_test.cpp.
#pragma once

#include <string_view>

#include "unit/syntax/dump.h"
#include "unit/syntax/normal.h"
#include "unit/syntax/parse.h"
#include "unit/syntax/scope.h"
#include "unit/tensor/tensor.h"

namespace gradus {

/// Lexer, parser, resolver, dump, normal form: everything a text meets before it runs. True if it parsed.
inline bool fuzz_syntax(std::string_view text) {
  try {
    const syntax::Module tree = syntax::parse(text, "fuzz.py");
    syntax::dump(tree, {.spans = true});
    syntax::resolve(tree);
    syntax::normal_form(text, "fuzz.py");
    return true;
  } catch (const syntax::SyntaxError&) {
    return false;  // the one way to refuse
  }
}

/// The whole language in a world of small tensors.
class FuzzWorld {
 public:
  FuzzWorld() : in_(limits()) { install_torch(in_); }

  /// True if the text ran to its end.
  bool run(std::string_view text) {
    try {
      in_.start_clock();
      in_.run(text, "fuzz.py");
      return true;
    } catch (const UnitError&) {
      return false;  // the one way to fail
    }
  }
  uint64_t steps() const { return in_.steps(); }

 private:
  static Limits limits() {
    Limits small;
    small.steps = 50'000, small.recursion = 60, small.seconds = 2;
    small.tensor_bytes = 1 << 16, small.container_items = 10'000;
    return small;
  }
  Interpreter in_;
};

inline bool fuzz_evaluator(std::string_view text) { return FuzzWorld().run(text); }

}  // namespace gradus
