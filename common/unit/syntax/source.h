/// The text of one file and the errors that point into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unit/syntax/ast.h"

namespace gradus::syntax {

/// Normalised text: no byte order mark, every line end is `\n`, valid UTF-8 without NUL.
struct Source {
  std::string file, text;
  std::vector<std::string> lines;

  /// Throws SyntaxError for what is no text: bad UTF-8, NUL, another declared encoding, more than `max_bytes`.
  Source(std::string_view bytes, std::string file_, size_t max_bytes);

  /// Throws a SyntaxError worded as CPython's: file, line, source line, caret, `type: message`.
  [[noreturn]] void fail(Span where, const std::string& message, const std::string& type = "SyntaxError") const;
};

/// The same for a tree whose Source is gone.
[[noreturn]] void fail(const std::string& file, const std::vector<std::string>& lines, Span where,
                       const std::string& message, const std::string& type = "SyntaxError");

/// Bytes of the UTF-8 sequence that `lead` begins; 0 when no sequence begins so.
int utf8_length(unsigned char lead);
/// Decodes the code point at text[i] and moves i behind it. The text is valid UTF-8.
char32_t decode_utf8(std::string_view text, size_t& i);
/// Appends a code point; lone surrogates are written in three bytes too, as Python's surrogatepass does.
void append_utf8(std::string& out, char32_t code_point);
/// Code points in valid UTF-8.
int count_code_points(std::string_view text);

}  // namespace gradus::syntax
