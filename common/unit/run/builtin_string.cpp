#include <algorithm>

#include "unit/run/builtin.h"

/// str and bytes and their methods. Case and classes of characters are ASCII's; other letters pass as they are.
namespace gradus {

namespace {

const std::string& self(const Arguments& a) { return a.positional[0].as<Str>().text; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c) || static_cast<unsigned char>(c) >= 128; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }
char swapped(char c) { return is_upper(c) ? lower(c) : is_lower(c) ? static_cast<char>(c - 32) : c; }
bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }

template <char (*f)(char)>
Value mapped(Interpreter& i, const Arguments& a) {
  std::string s = self(a);
  for (char& c : s) c = f(c);
  return i.make_str(s);
}

template <bool (*f)(char)>
Value all_are(Interpreter&, const Arguments& a) {
  return !self(a).empty() && std::all_of(self(a).begin(), self(a).end(), f);
}

Value capitalize(Interpreter& i, const Arguments& a) {
  std::string s = self(a);
  for (size_t k = 0; k < s.size(); ++k) s[k] = k ? lower(s[k]) : upper(s[k]);
  return i.make_str(s);
}

Value title(Interpreter& i, const Arguments& a) {
  std::string s = self(a);
  bool inside = false;
  for (char& c : s) {
    c = inside ? lower(c) : upper(c);
    inside = is_letter(c);
  }
  return i.make_str(s);
}

template <bool (*wanted)(char), bool (*refused)(char)>
Value cased(Interpreter&, const Arguments& a) {
  bool found = false;
  for (char c : self(a)) {
    if (refused(c)) return false;
    found |= wanted(c);
  }
  return found;
}

Value is_ascii(Interpreter&, const Arguments& a) { return count_code_points(self(a)) == self(a).size(); }

Value is_identifier(Interpreter&, const Arguments& a) {
  const std::string& s = self(a);
  if (s.empty() || is_digit(s[0])) return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

template <bool left, bool right>
Value strip(Interpreter& i, const Arguments& a) {
  const std::string& s = self(a);
  const bool given = a.positional.size() > 1 && !a.positional[1].is_none();
  const std::string set = given ? text_argument(i, a.positional[1], "strip arg") : "";
  const auto drop = [&](char c) { return given ? set.find(c) != std::string::npos : is_space(c); };
  size_t from = 0, to = s.size();
  while (left && from < to && drop(s[from])) ++from;
  while (right && to > from && drop(s[to - 1])) --to;
  return i.make_str(s.substr(from, to - from));
}

std::vector<Value> split_at(Interpreter& i, const std::string& s, const std::string& separator, int64_t most) {
  std::vector<Value> parts;
  size_t from = 0;
  for (;;) {
    const size_t at = most == 0 ? std::string::npos : s.find(separator, from);
    if (at == std::string::npos) break;
    parts.push_back(i.make_str(s.substr(from, at - from)));
    from = at + separator.size();
    --most;
  }
  parts.push_back(i.make_str(s.substr(from)));
  i.charge(s.size() / 16);
  return parts;
}

std::vector<Value> split_at_spaces(Interpreter& i, const std::string& s, int64_t most) {
  std::vector<Value> parts;
  size_t at = 0;
  for (;;) {
    while (at < s.size() && is_space(s[at])) ++at;
    if (at == s.size()) return parts;
    size_t end = at;
    if (most-- == 0) {
      end = s.size();
      while (end > at && is_space(s[end - 1])) --end;
    } else {
      while (end < s.size() && !is_space(s[end])) ++end;
    }
    parts.push_back(i.make_str(s.substr(at, end - at)));
    at = end;
    if (most < -1 && at == s.size()) return parts;
  }
}

Value split(Interpreter& i, const Arguments& a) {
  const Value separator = argument(a, 1, "sep"), most = argument(a, 2, "maxsplit");
  const int64_t n = most.defined() ? to_index(i, most) : -1;
  if (!separator.defined() || separator.is_none()) return make<List>(split_at_spaces(i, self(a), n));
  const std::string& by = text_argument(i, separator, "separator");
  if (by.empty()) i.raise("ValueError", "empty separator");
  return make<List>(split_at(i, self(a), by, n));
}

Value rsplit(Interpreter& i, const Arguments& a) {
  const Value separator = argument(a, 1, "sep"), most = argument(a, 2, "maxsplit");
  if (!most.defined() || to_index(i, most) < 0) return split(i, a);
  const std::string& s = self(a);
  int64_t n = to_index(i, most);
  std::vector<Value> parts;
  size_t end = s.size();
  if (!separator.defined() || separator.is_none()) {
    while (end > 0 && is_space(s[end - 1])) --end;
    for (; n > 0 && end > 0; --n) {
      size_t from = end;
      while (from > 0 && !is_space(s[from - 1])) --from;
      parts.push_back(i.make_str(s.substr(from, end - from)));
      end = from;
      while (end > 0 && is_space(s[end - 1])) --end;
    }
    const bool blank = std::all_of(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(end), is_space);
    if (!blank) parts.push_back(i.make_str(s.substr(0, end)));
  } else {
    const std::string& by = text_argument(i, separator, "separator");
    if (by.empty()) i.raise("ValueError", "empty separator");
    for (; n > 0; --n) {
      const size_t at = end < by.size() ? std::string::npos : s.rfind(by, end - by.size());
      if (at == std::string::npos) break;
      parts.push_back(i.make_str(s.substr(at + by.size(), end - at - by.size())));
      end = at;
    }
    parts.push_back(i.make_str(s.substr(0, end)));
  }
  std::reverse(parts.begin(), parts.end());
  return make<List>(std::move(parts));
}

Value splitlines(Interpreter& i, const Arguments& a) {
  const std::string& s = self(a);
  const Value keep = argument(a, 1, "keepends");
  std::vector<Value> lines;
  for (size_t from = 0; from < s.size();) {
    size_t end = s.find_first_of("\n\r", from);
    if (end == std::string::npos) end = s.size();
    size_t next = std::min(s.size(), end + 1);
    if (end + 1 < s.size() && s[end] == '\r' && s[end + 1] == '\n') ++next;
    lines.push_back(i.make_str(s.substr(from, (keep.defined() && i.truth(keep) ? next : end) - from)));
    from = next;
  }
  return make<List>(std::move(lines));
}

Value join(Interpreter& i, const Arguments& a) {
  expect(i, a, "join", 2, 2);
  std::string s;
  size_t k = 0;
  const std::string& by = self(a);
  for (const Value& v : i.to_vector(a.positional[1])) {
    if (!v.is(Kind::kStr))
      i.raise("TypeError",
              "sequence item " + std::to_string(k) + ": expected str instance, " + i.type_name(v) + " found");
    if (k++) s += by;
    s += v.as<Str>().text;
    i.check_size(static_cast<double>(s.size()));
  }
  i.charge(s.size() / 64);
  return i.make_str(std::move(s));
}

Value replace(Interpreter& i, const Arguments& a) {
  expect(i, a, "replace", 3, 4);
  const std::string &s = self(a), &old = text_argument(i, a.positional[1], "replace() argument 1"),
                    &with = text_argument(i, a.positional[2], "replace() argument 2");
  int64_t most = a.positional.size() > 3 ? to_index(i, a.positional[3]) : -1;
  std::string out;
  size_t from = 0;
  for (; most != 0; --most) {
    const size_t at = s.find(old, from);
    if (at == std::string::npos) break;
    if (old.empty()) {
      out += with;
      if (at >= s.size()) return i.make_str(out);
      size_t n = 1;
      while (at + n < s.size() && (s[at + n] & 0xC0) == 0x80) ++n;
      out += s.substr(at, n);
      from = at + n;
    } else {
      out += s.substr(from, at - from) + with;
      from = at + old.size();
    }
    i.check_size(static_cast<double>(out.size()));
  }
  i.charge((s.size() + out.size()) / 16);
  return i.make_str(out + s.substr(std::min(from, s.size())));
}

// Bounds of a search, in bytes; find(sub, start, end).
struct Window {
  size_t from, to;
  bool empty;
};
size_t byte_position(const std::string& s, int64_t code_points) {
  size_t at = 0;
  for (; code_points > 0 && at < s.size(); --code_points) {
    ++at;
    while (at < s.size() && (s[at] & 0xC0) == 0x80) ++at;
  }
  return at;
}
Window window(Interpreter& i, const Arguments& a) {
  const std::string& s = self(a);
  const int64_t n = static_cast<int64_t>(count_code_points(s));
  const auto bound = [&](size_t k, int64_t missing) {
    if (k >= a.positional.size() || a.positional[k].is_none()) return missing;
    int64_t x = to_index(i, a.positional[k]);
    if (x < 0) x = std::max<int64_t>(0, x + n);
    return x;
  };
  const int64_t from = bound(2, 0), to = std::min(n, bound(3, n));
  return {byte_position(s, std::min(from, n)), byte_position(s, to), from > to};
}

int64_t found_at(Interpreter& i, const Arguments& a, bool last) {
  expect(i, a, "find", 2, 4);
  const std::string &s = self(a), &part = text_argument(i, a.positional[1], "argument 1");
  const Window w = window(i, a);
  i.charge(s.size() / 64);
  if (w.empty) return -1;
  const std::string_view inside = std::string_view(s).substr(w.from, w.to - w.from);
  const size_t at = last ? inside.rfind(part) : inside.find(part);
  if (at == std::string_view::npos) return -1;
  return static_cast<int64_t>(count_code_points(std::string_view(s).substr(0, w.from + at)));
}

template <bool last>
Value find(Interpreter& i, const Arguments& a) {
  return found_at(i, a, last);
}
template <bool last>
Value index(Interpreter& i, const Arguments& a) {
  const int64_t at = found_at(i, a, last);
  if (at < 0) i.raise("ValueError", "substring not found");
  return at;
}

Value count(Interpreter& i, const Arguments& a) {
  const std::string& part = text_argument(i, a.positional[1], "argument 1");
  const Window w = window(i, a);
  const std::string_view s = std::string_view(self(a)).substr(w.from, w.to - w.from);
  if (part.empty()) return static_cast<int64_t>(count_code_points(s)) + 1;
  int64_t n = 0;
  for (size_t at = s.find(part); at != std::string_view::npos; at = s.find(part, at + part.size())) ++n;
  i.charge(s.size() / 64);
  return n;
}

template <bool at_end>
Value begins(Interpreter& i, const Arguments& a) {
  const Window w = window(i, a);
  const std::string_view s = std::string_view(self(a)).substr(w.from, w.to - w.from);
  const auto one = [&](const Value& v) {
    if (!v.is(Kind::kStr))
      i.raise("TypeError", std::string(at_end ? "endswith" : "startswith") +
                               " first arg must be str or a tuple of str, not " + i.type_name(v));
    return at_end ? s.ends_with(v.as<Str>().text) : s.starts_with(v.as<Str>().text);
  };
  if (!a.positional[1].is(Kind::kTuple)) return !w.empty && one(a.positional[1]);
  for (const Value& v : a.positional[1].as<Tuple>().items)
    if (one(v)) return true;
  return false;
}

template <bool last>
Value partition(Interpreter& i, const Arguments& a) {
  const std::string &s = self(a), &by = text_argument(i, a.positional[1], "separator");
  if (by.empty()) i.raise("ValueError", "empty separator");
  const size_t at = last ? s.rfind(by) : s.find(by);
  const auto part = [&](std::string t) { return i.make_str(std::move(t)); };
  if (at == std::string::npos)
    return make<Tuple>(last ? std::vector<Value>{part(""), part(""), a.positional[0]}
                            : std::vector<Value>{a.positional[0], part(""), part("")});
  return make<Tuple>(std::vector<Value>{part(s.substr(0, at)), part(by), part(s.substr(at + by.size()))});
}

template <char align>
Value justify(Interpreter& i, const Arguments& a) {
  const int64_t width = to_index(i, a.positional[1]), n = i.length(a.positional[0]);
  const std::string fill = a.positional.size() > 2 ? text_argument(i, a.positional[2], "fill character") : " ";
  i.check_size(static_cast<double>(width));
  const int64_t missing = std::max<int64_t>(0, width - n);
  const int64_t before = align == '<' ? 0 : align == '>' ? missing : missing / 2 + (missing & width & 1);
  std::string s;
  for (int64_t k = 0; k < before; ++k) s += fill;
  s += self(a);
  for (int64_t k = before; k < missing; ++k) s += fill;
  return i.make_str(s);
}

Value zfill(Interpreter& i, const Arguments& a) {
  std::string s = self(a);
  const int64_t width = to_index(i, a.positional[1]), n = i.length(a.positional[0]);
  i.check_size(static_cast<double>(width));
  if (width > n) s.insert(!s.empty() && (s[0] == '-' || s[0] == '+') ? 1 : 0, static_cast<size_t>(width - n), '0');
  return i.make_str(s);
}

template <bool prefix>
Value remove(Interpreter& i, const Arguments& a) {
  const std::string &s = self(a), &part = text_argument(i, a.positional[1], "argument");
  if (prefix ? !s.starts_with(part) : !s.ends_with(part)) return a.positional[0];
  return i.make_str(prefix ? s.substr(part.size()) : s.substr(0, s.size() - part.size()));
}

Value expandtabs(Interpreter& i, const Arguments& a) {
  const Value size = argument(a, 1, "tabsize");
  const int64_t n = size.defined() ? to_index(i, size) : 8;
  std::string s;
  int64_t column = 0;
  for (char c : self(a)) {
    if (c == '\t') {
      for (int64_t k = n > 0 ? n - column % n : 0; k > 0; --k) s += ' ', ++column;
    } else {
      s += c;
      column = c == '\n' ? 0 : column + 1;
    }
  }
  return i.make_str(s);
}

Value format(Interpreter& i, const Arguments& a) { return i.make_str(format_method(i, self(a), a)); }

void expect_dict(Interpreter& i, const Value& v) {
  if (!v.is(Kind::kDict)) i.raise("TypeError", "expected a dict, not " + i.type_name(v));
}

Value format_map(Interpreter& i, const Arguments& a) {
  expect_dict(i, a.positional[1]);
  std::vector<std::pair<Ref<Str>, Value>> pairs;
  for (const auto& e : a.positional[1].as<Dict>().entries())
    if (e.key.is(Kind::kStr)) pairs.emplace_back(e.key.ref<Str>(), e.value);
  return i.make_str(format_method(i, self(a), {a.positional.subspan(0, 1), pairs}));
}

Value translate(Interpreter& i, const Arguments& a) {
  expect_dict(i, a.positional[1]);
  std::string out;
  for (const Value& c : i.to_vector(a.positional[0])) {
    const Value code = i.call(i.builtin("ord"), std::span(&c, 1));
    const Value* to = a.positional[1].as<Dict>().find(i, code);
    if (!to)
      out += c.as<Str>().text;
    else if (to->is(Kind::kStr))
      out += to->as<Str>().text;
    else if (to->is_integral())
      out += i.str(i.call(i.builtin("chr"), std::span(to, 1)));
  }
  return i.make_str(out);
}

Value maketrans(Interpreter& i, const Arguments& a) {
  expect(i, a, "maketrans", 1, 3);
  if (a.positional.size() == 1) expect_dict(i, a.positional[0]);
  Ref<Dict> d = make<Dict>();
  const Value ord = i.builtin("ord");
  if (a.positional.size() == 1) {
    for (const auto& e : a.positional[0].as<Dict>().entries())
      if (e.key.defined()) d->set(i, e.key.is(Kind::kStr) ? i.call(ord, std::span(&e.key, 1)) : e.key, e.value);
    return d;
  }
  const std::vector<Value> from = i.to_vector(a.positional[0]), to = i.to_vector(a.positional[1]);
  if (from.size() != to.size()) i.raise("ValueError", "the first two maketrans arguments must have equal length");
  for (size_t k = 0; k < from.size(); ++k) d->set(i, i.call(ord, std::span(&from[k], 1)), to[k]);
  if (a.positional.size() > 2)
    for (const Value& c : i.to_vector(a.positional[2])) d->set(i, i.call(ord, std::span(&c, 1)), Value());
  return d;
}

Value encode(Interpreter&, const Arguments& a) { return make<Bytes>(self(a)); }

Value text_from(Interpreter& i, const Arguments& a) {
  if (a.positional.size() < 2) return i.make_str("");
  if (a.positional.size() > 2 && a.positional[1].is(Kind::kBytes)) return i.make_str(a.positional[1].as<Bytes>().data);
  if (a.positional[1].is(Kind::kStr)) return a.positional[1];
  return i.make_str(i.str(a.positional[1]));
}

Value bytes_from(Interpreter& i, const Arguments& a) {
  if (a.positional.size() < 2) return make<Bytes>("");
  const Value& v = a.positional[1];
  if (v.is(Kind::kBytes)) return v;
  if (v.is(Kind::kStr)) {
    if (a.positional.size() < 3) i.raise("TypeError", "string argument without an encoding");
    return make<Bytes>(v.as<Str>().text);
  }
  std::string s;
  if (v.is_integral()) {
    if (v.as_int() < 0) i.raise("ValueError", "negative count");
    i.check_size(static_cast<double>(v.as_int()));
    return make<Bytes>(std::string(static_cast<size_t>(std::max<int64_t>(0, v.as_int())), '\0'));
  }
  if (!v.is_object()) i.raise("TypeError", "cannot convert '" + i.type_name(v) + "' object to bytes");
  for (const Value& x : i.to_vector(v)) {
    const int64_t b = to_index(i, x);
    if (b < 0 || b > 255) i.raise("ValueError", "bytes must be in range(0, 256)");
    s += static_cast<char>(b);
  }
  return make<Bytes>(s);
}

}  // namespace

void install_strings(Interpreter& i) {
  const Ref<Class> c = add_class(i, "str", Kind::kStr, text_from);
  i.state().text = c;
  add_methods(i, c,
              {{"lower", mapped<lower>},
               {"upper", mapped<upper>},
               {"casefold", mapped<lower>},
               {"capitalize", capitalize},
               {"title", title},
               {"swapcase", mapped<swapped>},
               {"isdigit", all_are<is_digit>},
               {"isdecimal", all_are<is_digit>},
               {"isnumeric", all_are<is_digit>},
               {"isalpha", all_are<is_letter>},
               {"isalnum", all_are<is_letter_or_digit>},
               {"isspace", all_are<is_space>},
               {"islower", cased<is_lower, is_upper>},
               {"isupper", cased<is_upper, is_lower>},
               {"isidentifier", is_identifier},
               {"isascii", is_ascii},
               {"strip", strip<true, true>},
               {"lstrip", strip<true, false>},
               {"rstrip", strip<false, true>},
               {"split", split},
               {"rsplit", rsplit},
               {"splitlines", splitlines},
               {"join", join},
               {"replace", replace},
               {"find", find<false>},
               {"rfind", find<true>},
               {"index", index<false>},
               {"rindex", index<true>},
               {"count", count},
               {"startswith", begins<false>},
               {"endswith", begins<true>},
               {"partition", partition<false>},
               {"rpartition", partition<true>},
               {"ljust", justify<'<'>},
               {"rjust", justify<'>'>},
               {"center", justify<'^'>},
               {"zfill", zfill},
               {"removeprefix", remove<true>},
               {"removesuffix", remove<false>},
               {"expandtabs", expandtabs},
               {"format", format},
               {"format_map", format_map},
               {"translate", translate},
               {"encode", encode}});
  c->attributes->set(i.intern("maketrans"), make<Wrapped>(Kind::kStaticMethod, make<Native>("maketrans", maketrans)));
  const Ref<Class> b = add_class(i, "bytes", Kind::kBytes, bytes_from);
  add_methods(
      i, b,
      {{"decode", [](Interpreter& in, const Arguments& a) { return in.make_str(a.positional[0].as<Bytes>().data); }},
       {"hex", [](Interpreter& in, const Arguments& a) {
          std::string s;
          char buffer[4];
          for (char ch : a.positional[0].as<Bytes>().data)
            std::snprintf(buffer, sizeof buffer, "%02x", static_cast<unsigned char>(ch)), s += buffer;
          return in.make_str(s);
        }}});
}

}  // namespace gradus
