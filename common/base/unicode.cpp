#include "base/unicode.h"

#include <clocale>
#include <cwctype>

namespace gradus {
namespace {

size_t length_of(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

std::string encode(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

locale_t unicode_locale() {  // part of glibc itself since 2.35; else Debian's; else ASCII letters alone
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

enum class Case { kLower, kUpper, kTitle };

void append(std::string& out, std::string_view character, Case to) {
  const char32_t c = code_point(character);
  if (c == 0xFFFD) {
    out += character;
  } else if (c == 0xDF && to != Case::kLower) {
    out += to == Case::kUpper ? "SS" : "Ss";
  } else {
    const locale_t locale = unicode_locale();
    const auto wide = static_cast<wint_t>(c);
    if (!locale && c >= 0x80) {
      out += character;
    } else {
      out += encode(static_cast<char32_t>(to == Case::kLower ? (locale ? towlower_l(wide, locale) : towlower(wide))
                                                             : (locale ? towupper_l(wide, locale) : towupper(wide))));
    }
  }
}

std::string map(std::string_view text, Case to) {
  std::string out;
  for (const auto character : characters(text)) append(out, character, to);
  return out;
}

}  // namespace

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t i = 0; i < text.size();) {
    size_t n = length_of(static_cast<unsigned char>(text[i]));
    if (n == 0 || i + n > text.size()) n = 1;
    for (size_t k = 1; k < n; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) n = 1;
    out.push_back(text.substr(i, n));
    i += n;
  }
  return out;
}

size_t count_characters(std::string_view text) { return characters(text).size(); }

char32_t code_point(std::string_view s) {
  const auto bits = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(s[i]) & 0x3F); };
  const auto lead = static_cast<unsigned char>(s[0]);
  if (s.size() == 1) return lead < 0x80 ? lead : 0xFFFD;
  if (s.size() == 2) return (lead & 0x1FU) << 6 | bits(1);
  if (s.size() == 3) return (lead & 0x0FU) << 12 | bits(1) << 6 | bits(2);
  return (lead & 0x07U) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string to_lower(std::string_view text) { return map(text, Case::kLower); }
std::string to_upper(std::string_view text) { return map(text, Case::kUpper); }

std::string capitalize(std::string_view text) {
  std::string out;
  for (const auto character : characters(text)) append(out, character, out.empty() ? Case::kTitle : Case::kLower);
  return out;
}

std::string title_case(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const auto character : characters(text)) {
    append(out, character, inside ? Case::kLower : Case::kTitle);
    const auto c = static_cast<wint_t>(code_point(character));
    inside = unicode_locale() ? iswalpha_l(c, unicode_locale()) && !iswdigit_l(c, unicode_locale()) : iswalpha(c);
  }
  return out;
}

std::string_view strip(std::string_view text, std::string_view set, bool left, bool right) {
  const auto all = characters(text), chosen = characters(set);
  const auto goes = [&](std::string_view character) {
    if (set.empty()) return is_space(code_point(character));
    for (const auto c : chosen)
      if (c == character) return true;
    return false;
  };
  size_t begin = 0, end = all.size(), first = 0, bytes = text.size();
  while (left && begin < end && goes(all[begin])) first += all[begin++].size();
  while (right && end > begin && goes(all[end - 1])) bytes -= all[--end].size();
  return text.substr(first, bytes - first);
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;
  for (const auto character : characters(text)) {
    const bool space = is_space(code_point(character));
    if (!space && !inside) out.emplace_back();
    if (!space) out.back() += character;
    inside = !space;
  }
  return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to, size_t most) {
  std::string out;
  if (from.empty()) {  // Python: between all characters
    for (const auto character : characters(text)) {
      if (most > 0 && most--) out += to;
      out += character;
    }
    return most > 0 ? out + std::string(to) : out;
  }
  size_t start = 0;
  for (size_t at; most-- > 0 && (at = text.find(from, start)) != text.npos; start = at + from.size()) {
    out += text.substr(start, at - start);
    out += to;
  }
  return out + std::string(text.substr(start));
}

}  // namespace gradus
