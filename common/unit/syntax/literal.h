/// What the text of a number or string token stands for.
#pragma once

#include <string>
#include <string_view>

#include "unit/syntax/lexer.h"

namespace gradus::syntax {

/// A kInteger, kFloat or kImaginary without span.
ExprPtr decode_number(const Source& source, const Token& token);

/// The parts of a string token: prefix, quotes, body.
struct StringToken {
  bool raw = false, bytes = false, format = false;
  size_t begin = 0, end = 0;  // the body, as offsets into Source::text
  int line = 0, column = 0;   // of its first character
};
StringToken split_string(const Source& source, const Token& token);

/// Replaces the escapes in `body`. A fault is reported at `where`.
std::string decode_escapes(const Source& source, std::string_view body, bool bytes, Span where);

/// Digits of base 16, 8 or 2 rewritten in base 10.
std::string to_decimal(std::string_view digits, int base);

}  // namespace gradus::syntax
