#include "unit/syntax/literal.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace gradus::syntax {
namespace {

// CPython stops at the same number of digits: the conversion to binary is quadratic.
constexpr size_t kMaxDigits = 4300;

std::string without_underscores(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '_') out += c;
  return out;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/// Correctly rounded; what is too large is inf, what is too small 0, as in Python.
double to_double(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // The decimal exponent of the first digit that is not zero tells overflow from underflow.
  const size_t e = text.find_first_of("eE");
  const std::string mantissa = text.substr(0, e);
  long exponent = 0;
  if (e != std::string::npos) {
    const char* first = text.data() + e + 1 + (text[e + 1] == '+');
    if (std::from_chars(first, text.data() + text.size(), exponent).ec != std::errc{})
      exponent = text[e + 1] == '-' ? -1'000'000'000 : 1'000'000'000;
  }
  const size_t dot = std::min(mantissa.find('.'), mantissa.size());
  const size_t lead = mantissa.find_first_of("123456789");
  if (lead == std::string::npos) return 0;
  exponent += lead < dot ? static_cast<long>(dot - lead) - 1 : static_cast<long>(dot) - static_cast<long>(lead);
  return exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

ExprPtr make_number(ExprKind kind) {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  return e;
}

/// Reads `count` hex digits at body[i]; -1 when there are fewer.
int64_t read_hex(std::string_view body, size_t& i, int count) {
  int64_t value = 0;
  for (int k = 0; k < count; ++k, ++i) {
    if (i >= body.size() || digit_value(body[i]) > 15) return -1;
    value = value * 16 + digit_value(body[i]);
  }
  return value;
}

}  // namespace

std::string to_decimal(std::string_view digits, int base) {
  constexpr uint64_t kChunk = 1'000'000'000;
  std::vector<uint64_t> chunks{0};  // little end first, base 10⁹
  for (const char c : digits) {
    uint64_t carry = static_cast<uint64_t>(digit_value(c));
    for (auto& chunk : chunks) {
      chunk = chunk * static_cast<uint64_t>(base) + carry;
      carry = chunk / kChunk;
      chunk %= kChunk;
    }
    if (carry != 0) chunks.push_back(carry);
  }
  std::string out = std::to_string(chunks.back());
  for (size_t i = chunks.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(chunks[i]);
    out += std::string(9 - part.size(), '0') + part;
  }
  return out;
}

ExprPtr decode_number(const Source& source, const Token& token) {
  std::string text = without_underscores(token.text);
  if (text.back() == 'j' || text.back() == 'J') {
    text.pop_back();
    auto e = make_number(ExprKind::kImaginary);
    e->number = to_double(text);
    return e;
  }
  const char radix = text.size() > 1 ? static_cast<char>(text[1] | 0x20) : '\0';
  if (text[0] == '0' && (radix == 'x' || radix == 'o' || radix == 'b')) {
    if (text.size() > kMaxDigits) source.fail(token.span, "integer literal is too long");
    auto e = make_number(ExprKind::kInteger);
    e->text = to_decimal(std::string_view(text).substr(2), radix == 'x' ? 16 : radix == 'o' ? 8 : 2);
    return e;
  }
  if (text.find_first_of(".eE") != std::string::npos) {
    auto e = make_number(ExprKind::kFloat);
    e->number = to_double(text);
    return e;
  }
  if (text.size() > kMaxDigits)
    source.fail(token.span, "Exceeds the limit (4300 digits) for integer string conversion: value has " +
                                std::to_string(text.size()) + " digits");
  auto e = make_number(ExprKind::kInteger);
  e->text = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
  return e;
}

StringToken split_string(const Source& source, const Token& token) {
  StringToken s;
  const std::string_view text = token.text;
  size_t i = 0;
  for (; text[i] != '"' && text[i] != '\''; ++i) {
    const char c = static_cast<char>(text[i] | 0x20);
    s.raw |= c == 'r';
    s.bytes |= c == 'b';
    s.format |= c == 'f';
  }
  const bool triple = text.size() >= i + 6 && text[i + 1] == text[i] && text[i + 2] == text[i];
  const size_t quotes = triple ? 3 : 1;
  s.begin = static_cast<size_t>(text.data() - source.text.data()) + i + quotes;
  s.end = static_cast<size_t>(text.data() - source.text.data()) + text.size() - quotes;
  s.line = token.span.line;
  s.column = token.span.column + static_cast<int>(i + quotes);
  return s;
}

std::string decode_escapes(const Source& source, std::string_view body, bool bytes, Span where) {
  std::string out;
  const auto append = [&](uint32_t c) {
    if (bytes)
      out += static_cast<char>(c);
    else
      append_utf8(out, c);
  };
  for (size_t i = 0; i < body.size();) {
    if (body[i] != '\\' || i + 1 == body.size()) {
      out += body[i++];
      continue;
    }
    const char c = body[i + 1];
    i += 2;
    constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t at = kFrom.find(c); at != std::string_view::npos) {
      out += kTo[at];
    } else if (c == '\n') {
      continue;
    } else if (c >= '0' && c <= '7') {
      uint32_t value = static_cast<uint32_t>(c - '0');
      for (int k = 0; k < 2 && i < body.size() && body[i] >= '0' && body[i] <= '7'; ++k)
        value = value * 8 + static_cast<uint32_t>(body[i++] - '0');
      append(bytes ? value & 0xFF : value);
    } else if (c == 'x' || (!bytes && (c == 'u' || c == 'U'))) {
      const int count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      const int64_t value = read_hex(body, i, count);
      if (value < 0)
        source.fail(where,
                    bytes ? "(value error) invalid \\x escape"
                          : "(unicode error) truncated \\" + std::string(1, c) + std::string(count, 'X') + " escape");
      if (value > 0x10FFFF) source.fail(where, "(unicode error) illegal Unicode character");
      append(static_cast<uint32_t>(value));
    } else if (c == 'N' && !bytes) {
      source.fail(where, "(unicode error) \\N{...} is not supported: write the character itself or its \\u escape");
    } else {
      out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace gradus::syntax
