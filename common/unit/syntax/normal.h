/// The normal form of a unit's source: what `design_id` is taken over (design.md, section 4). Two sources with the same
/// normal form do the same; a source that is only written differently has the same normal form.
///
/// Scheme 1. The form is dump() of the parsed module, without spans, after these steps:
///  1. Gone with parsing: comments, blank lines, indentation width, brackets that only group, quotes and escapes, how a
///     number is written, implicit concatenation, line breaks, line ends. Private names are mangled.
///  2. Annotations of parameters, results and variables are dropped; `x: T = v` is `x = v`, `x: T` nothing. Only in the
///     body of a class that has decorators or derives from NamedTuple does the statement stay, without T but for
///     ClassVar, InitVar and KW_ONLY: a dataclass takes its fields from there.
///  3. Statements that do nothing are dropped: docstrings and other bare constants, `pass`, `nonlocal` (step 5 says
///  whose
///     a name is), `from __future__ import …`, and names imported from typing, typing_extensions and collections.abc
///     that nothing but annotations used. An empty block is the same as `pass`.
///  4. An f-string without fields is a string. Names in `global` are sorted.
///  5. Names local to a function, lambda or comprehension become %0, %1, … in the order in which they appear in the
///     text of the form, counted over the whole file; so do positional-only parameters, *args and **kwargs. Kept are
///     names that can be seen from outside: other parameters (callers may pass them by keyword), names of modules,
///     classes and their members, attributes, a local bound by `import a.b`, and all names of a scope that
///     calls locals(), vars() or dir().
/// Not done, so that such sources differ: reordering, renaming of what is global, evaluation of constants, removal of
/// code that cannot run.
#pragma once

#include <string>
#include <string_view>

#include "unit/syntax/parse.h"

namespace gradus::syntax {

constexpr int kNormalScheme = 1;

/// Throws SyntaxError.
std::string normal_form(std::string_view source, const std::string& file, const Limits& limits = {});

}  // namespace gradus::syntax
