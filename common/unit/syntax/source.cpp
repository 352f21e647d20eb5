#include "unit/syntax/source.h"

#include <algorithm>
#include <cctype>

#include "unit/syntax/parse.h"

namespace gradus::syntax {
namespace {

/// Index of the first byte that is no valid UTF-8 (overlong forms and surrogates included), or npos.
size_t find_invalid_utf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const int n = utf8_length(static_cast<unsigned char>(s[i]));
    if (n == 0 || i + n > s.size()) return i;
    for (int k = 1; k < n; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) return i;
    size_t next = i;
    const char32_t c = decode_utf8(s, next);
    const bool overlong = (n == 2 && c < 0x80) || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000);
    if (overlong || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return i;
    i = next;
  }
  return std::string_view::npos;
}

std::string with_line_feeds(std::string_view s) {
  std::string out;
  out.reserve(s.size() + 1);
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\r')
      out += s[i];
    else if (i + 1 == s.size() || s[i + 1] != '\n')
      out += '\n';
  }
  return out;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(text.find('\n', i), text.size());
    lines.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return lines;
}

/// PEP 263: `coding[:=]\s*name` in a comment of the first two lines. Empty when there is none.
std::string declared_encoding(const std::string& line) {
  const size_t first = line.find_first_not_of(" \t\f");
  if (first == std::string::npos || line[first] != '#') return {};
  for (size_t at = line.find("coding"); at != std::string::npos; at = line.find("coding", at + 1)) {
    size_t i = at + 6;
    if (i >= line.size() || (line[i] != ':' && line[i] != '=')) continue;
    for (++i; i < line.size() && (line[i] == ' ' || line[i] == '\t');) ++i;
    std::string name;
    for (; i < line.size() &&
           (std::isalnum(static_cast<unsigned char>(line[i])) || line[i] == '-' || line[i] == '_' || line[i] == '.');
         ++i)
      name += line[i] == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(line[i])));
    if (!name.empty()) return name;
  }
  return {};
}

/// A window of a long line around [from, to), so that a caret stays in sight; columns are code points.
struct Excerpt {
  std::string text;
  int from, to;
};
Excerpt cut_excerpt(const std::string& line, int from, int to) {
  constexpr int kWidth = 160, kBefore = 80;
  std::u32string points;
  for (size_t i = 0; i < line.size();) points += decode_utf8(line, i);
  const int n = static_cast<int>(points.size());
  int begin = 0;
  while (begin < n && (points[begin] == ' ' || points[begin] == '\t' || points[begin] == '\f')) ++begin;
  int end = n;
  if (n - begin > kWidth) {
    begin = std::max(begin, from - kBefore);
    end = std::min(n, begin + kWidth);
  }
  std::string text;
  for (int i = begin; i < end; ++i) append_utf8(text, points[i] == '\t' || points[i] == '\f' ? U' ' : points[i]);
  from = std::clamp(from, begin, std::max(begin, end));
  return {text, from - begin, std::clamp(to, from, std::max(from, end)) - begin};
}

}  // namespace

int utf8_length(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
}

char32_t decode_utf8(std::string_view text, size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const int n = std::max(1, utf8_length(lead));
  char32_t c = n == 1 ? lead : lead & (0xFF >> (n + 1));
  for (int k = 1; k < n && i + k < text.size(); ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
  i += n;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

int count_code_points(std::string_view text) {
  int n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

Source::Source(std::string_view bytes, std::string file_, size_t max_bytes) : file(std::move(file_)) {
  if (bytes.size() > max_bytes)
    fail({}, "source is too long: " + std::to_string(bytes.size()) + " bytes, at most " + std::to_string(max_bytes));
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const auto line_of = [&](size_t at) {
    const auto n = static_cast<int32_t>(std::count(bytes.begin(), bytes.begin() + static_cast<long>(at), '\n') + 1);
    return Span{n, 0, n, 0};
  };
  if (const size_t bad = find_invalid_utf8(bytes); bad != std::string_view::npos)
    fail(line_of(bad), "(unicode error) the source is no UTF-8 text");
  if (const size_t nul = bytes.find('\0'); nul != std::string_view::npos)
    fail(line_of(nul), "source code cannot contain null bytes");
  text = with_line_feeds(bytes);
  lines = split_lines(text);
  for (size_t i = 0; i < std::min<size_t>(2, lines.size()); ++i) {
    const std::string name = declared_encoding(lines[i]);
    if (!name.empty() && name != "utf-8" && name != "utf8" && name != "ascii" && name != "us-ascii" &&
        name != "utf-8-unix" && name != "utf-8-sig")
      fail({static_cast<int32_t>(i + 1), 0, 0, 0}, "encoding '" + name + "' is not supported: sources are UTF-8");
  }
}

void Source::fail(Span where, const std::string& message, const std::string& type) const {
  syntax::fail(file, lines, where, message, type);
}

void fail(const std::string& file, const std::vector<std::string>& lines, Span where, const std::string& message,
          const std::string& type) {
  std::string text = "  File \"" + file + "\"";
  if (where.line > 0) text += ", line " + std::to_string(where.line);
  text += "\n";
  if (where.line >= 1 && where.line <= static_cast<int>(lines.size())) {
    const std::string& line = lines[where.line - 1];
    const int to = where.end_line == where.line ? where.end_column : count_code_points(line);
    const Excerpt e = cut_excerpt(line, where.column, std::max(to, where.column + 1));
    text += "    " + e.text + "\n    " + std::string(e.from, ' ') + std::string(std::max(1, e.to - e.from), '^') + "\n";
  }
  SyntaxError error(text + type + ": " + message, where);
  error.type = type;
  error.message = message;
  error.file = file;
  throw error;
}

}  // namespace gradus::syntax
