#include "unit/tensor/einops.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "unit/tensor/convert.h"
#include "unit/tensor/einops_pattern.h"
#include "unit/tensor/fast.h"
#include "unit/tensor/result.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

using Sizes = std::vector<int64_t>;
using Lengths = std::unordered_map<std::string, int64_t>;

struct Request {
  Interpreter& in;
  std::string operation, pattern;
  at::Tensor tensor;
  std::vector<std::pair<std::string, int64_t>> given;

  [[noreturn]] void fail(const std::string& why) const {
    std::string shape = "(", extra;
    if (tensor.defined())
      for (int64_t i = 0; i < tensor.dim(); ++i) shape += (i ? ", " : "") + std::to_string(tensor.size(i));
    for (const auto& [name, n] : given) extra += (extra.empty() ? "'" : ", '") + name + "': " + std::to_string(n);
    in.raise("RuntimeError", " Error while processing " + operation + "-reduction pattern \"" + pattern +
                                 "\".\n Input tensor shape: " + shape + "). Additional info: {" + extra + "}.\n " +
                                 why);
  }
};

std::string ellipsis_axis(int64_t i) { return "..." + std::to_string(i); }

/// The groups with `...` spelt out as n axes.
std::vector<std::vector<std::string>> expand(const PatternSide& side, int64_t n) {
  std::vector<std::vector<std::string>> groups;
  for (const auto& g : side.groups) {
    if (g.size() == 1 && g[0] == "..." && !side.ellipsis_in_group) {
      for (int64_t i = 0; i < n; ++i) groups.push_back({ellipsis_axis(i)});
      continue;
    }
    groups.emplace_back();
    for (const auto& a : g) {
      if (a != "...")
        groups.back().push_back(a);
      else
        for (int64_t i = 0; i < n; ++i) groups.back().push_back(ellipsis_axis(i));
    }
  }
  return groups;
}

/// Lengths of the axes of one group from the size it makes up.
void solve_group(const Request& r, const std::vector<std::string>& group, int64_t size, Lengths& lengths) {
  int64_t known = 1;
  const std::string* unknown = nullptr;
  for (const auto& a : group) {
    if (auto found = lengths.find(a); found != lengths.end())
      known *= found->second;
    else if (unknown)
      r.fail("Could not infer sizes for more than one axis of a group: " + *unknown + ", " + a);
    else
      unknown = &a;
  }
  if (!unknown) {
    if (known != size) r.fail("Shape mismatch, " + std::to_string(size) + " != " + std::to_string(known));
    return;
  }
  if (known == 0 || size % known != 0)
    r.fail("Shape mismatch, can't divide axis of length " + std::to_string(size) + " in chunks of " +
           std::to_string(known));
  lengths[*unknown] = size / known;
}

Lengths solve(const Request& r, const std::vector<std::vector<std::string>>& left) {
  Lengths lengths;
  std::unordered_set<std::string> names;
  for (const auto& g : left) names.insert(g.begin(), g.end());
  for (const auto& [name, n] : r.given) lengths[name] = n;
  for (const auto& a : names)
    if (int64_t n = anonymous_length(a)) lengths[a] = n;
  for (size_t i = 0; i < left.size(); ++i) solve_group(r, left[i], r.tensor.size(static_cast<int64_t>(i)), lengths);
  return lengths;
}

at::Tensor reduce_axes(const Request& r, const Value& how, at::Tensor t, const Sizes& axes) {
  auto& f = fast(r.in);
  if (!how.is(Kind::kStr)) {
    std::vector<Value> dims;
    for (int64_t a : axes) dims.emplace_back(a);
    const Value arguments[] = {from_tensor(t), make_tuple(std::move(dims))};
    Value result = r.in.call(how, arguments);
    if (!is_tensor(result)) r.fail("the reduction did not return a tensor");
    return to_tensor(result);
  }
  const std::string& name = how.as<Str>().text;
  if (name == "min") return apply_tensor(r.in, f.amin, {t, axes});
  if (name == "max") return apply_tensor(r.in, f.amax, {t, axes});
  if (name == "sum") return apply_tensor(r.in, f.sum, {t, axes});
  if (name == "mean") {
    if (!t.is_floating_point() && !t.is_complex()) r.fail("reduce_mean is not available for non-floating tensors");
    return apply_tensor(r.in, f.mean, {t, axes});
  }
  if (name == "any") return apply_tensor(r.in, f.any, {t, axes});
  if (name == "all") return apply_tensor(r.in, f.all, {t, axes});
  if (name != "prod")
    r.fail("Unknown reduction " + name + ". Expect one of ('min', 'max', 'sum', 'mean', 'prod', 'any', 'all').");
  for (size_t i = axes.size(); i-- > 0;) t = apply_tensor(r.in, f.prod, {t, axes[i]});
  return t;
}

void check_axes(const Request& r, const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::unordered_set<std::string> l(left.begin(), left.end()), s(right.begin(), right.end());
  auto difference = [&](const std::vector<std::string>& a, const std::unordered_set<std::string>& b, bool skip_known) {
    std::string text;
    for (const auto& x : a) {
      bool known = skip_known && (anonymous_length(x) || std::any_of(r.given.begin(), r.given.end(),
                                                                     [&](const auto& g) { return g.first == x; }));
      if (!b.contains(x) && !known && x[0] != '#') text += (text.empty() ? "'" : ", '") + x + "'";
    }
    return text;
  };
  bool anonymous = std::any_of(left.begin(), left.end(), [](const auto& a) { return a[0] == '#'; }) ||
                   std::any_of(right.begin(), right.end(), [](const auto& a) { return a[0] == '#'; });
  std::string only_left = difference(left, s, false), only_right = difference(right, l, false);
  if (r.operation == "rearrange") {
    if (anonymous) r.fail("Non-unitary anonymous axes are not supported in rearrange (exception is length 1)");
    if (!only_left.empty() || !only_right.empty())
      r.fail("Identifiers only on one side of expression (should be on both): {" + only_left +
             (only_left.empty() || only_right.empty() ? "" : ", ") + only_right + "}");
  } else if (r.operation == "repeat") {
    if (!only_left.empty()) r.fail("Unexpected identifiers on the left side of repeat: {" + only_left + "}");
    std::string unsized = difference(right, l, true);
    if (!unsized.empty()) r.fail("Specify sizes for new axes in repeat: {" + unsized + "}");
  } else if (!only_right.empty()) {
    r.fail("Unexpected identifiers on the right side of reduce " + r.operation + ": {" + only_right + "}");
  }
  for (const auto& [name, n] : r.given)
    if (!l.contains(name) && !s.contains(name)) r.fail("Axis " + name + " is not used in transform");
}

at::Tensor transform(const Request& r, const Value& how) {
  auto& f = fast(r.in);
  const EinopsPattern& p = einops_pattern(r.pattern);
  if (!p.error.empty()) r.fail(p.error);
  int64_t named = static_cast<int64_t>(p.left.groups.size()) - p.left.has_ellipsis, n = r.tensor.dim() - named;
  if (n < 0 || (!p.left.has_ellipsis && n != 0))
    r.fail("Wrong shape: expected " + std::string(p.left.has_ellipsis ? ">=" : "") + std::to_string(named) +
           " dims. Received " + std::to_string(r.tensor.dim()) + "-dim tensor.");
  auto left = expand(p.left, n), right = expand(p.right, n);
  std::vector<std::string> l, s;
  for (const auto& g : left) l.insert(l.end(), g.begin(), g.end());
  for (const auto& g : right) s.insert(s.end(), g.begin(), g.end());
  check_axes(r, l, s);
  Lengths lengths = solve(r, left);
  auto position = [&](const std::string& a) { return std::find(l.begin(), l.end(), a) - l.begin(); };
  std::unordered_set<std::string> kept(s.begin(), s.end());

  Sizes elementary, order, reduced, full, final_sizes;
  for (const auto& a : l) elementary.push_back(lengths.at(a));
  for (const auto& a : s)
    if (int64_t at = position(a); at < static_cast<int64_t>(l.size())) order.push_back(at);
  for (const auto& a : l)
    if (!kept.contains(a)) reduced.push_back(static_cast<int64_t>(order.size())), order.push_back(position(a));
  bool added = false;
  for (const auto& a : s) {
    if (!lengths.contains(a)) lengths[a] = anonymous_length(a);
    full.push_back(lengths.at(a));
    added |= position(a) == static_cast<int64_t>(l.size());
  }
  for (const auto& g : right) {
    int64_t size = 1;
    for (const auto& a : g) size *= lengths.at(a);
    final_sizes.push_back(size);
  }

  at::Tensor t = r.tensor;
  if (t.sizes() != at::IntArrayRef(elementary)) t = apply_tensor(r.in, f.reshape, {t, elementary});
  if (!std::is_sorted(order.begin(), order.end())) t = apply_tensor(r.in, f.permute, {t, order});
  if (!reduced.empty()) t = reduce_axes(r, how, t, reduced);
  if (added) {
    for (size_t i = 0; i < s.size(); ++i)
      if (position(s[i]) == static_cast<int64_t>(l.size()))
        t = apply_tensor(r.in, f.unsqueeze, {t, static_cast<int64_t>(i)});
    t = apply_tensor(r.in, f.expand, {t, full});
  }
  if (t.sizes() != at::IntArrayRef(final_sizes)) t = apply_tensor(r.in, f.reshape, {t, final_sizes});
  return t;
}

at::Tensor tensor_argument(Interpreter& in, const Value& v) {
  if (is_tensor(v)) return to_tensor(v);
  if (items_of(v)) return to_tensor(call_named(in, "stack", {v}));
  in.raise("TypeError", "einops works on a tensor or a list of tensors, not " + in.type_name(v));
}

Request make_request(Interpreter& in, const char* operation, const Arguments& a, size_t n_positional) {
  Request r{in, operation, "", {}, {}};
  std::vector<Value> positional(a.positional.begin(), a.positional.end());
  for (const auto& [name, v] : a.keywords) {
    if (name->text == "pattern")
      positional.insert(positional.begin() + std::min<size_t>(1, positional.size()), v);
    else if (name->text == "tensor")
      positional.insert(positional.begin(), v);
    else if (name->text != "reduction")
      r.given.emplace_back(name->text, to_int(in, v));
  }
  if (positional.size() < 2 || positional.size() > n_positional || !positional[1].is(Kind::kStr))
    in.raise("TypeError",
             std::string(operation) + "() takes a tensor and a pattern" + (n_positional > 2 ? " and a reduction" : ""));
  r.tensor = tensor_argument(in, positional[0]);
  r.pattern = positional[1].as<Str>().text;
  return r;
}

Value rearrange(Interpreter& in, const Arguments& a) {
  Request r = make_request(in, "rearrange", a, 2);
  return guarded(in, [&] { return from_tensor(transform(r, Value())); });
}
Value repeat(Interpreter& in, const Arguments& a) {
  Request r = make_request(in, "repeat", a, 2);
  return guarded(in, [&] { return from_tensor(transform(r, Value())); });
}
Value reduce(Interpreter& in, const Arguments& a) {
  Value how = a.positional.size() > 2 ? a.positional[2] : Value();
  for (const auto& [name, v] : a.keywords)
    if (name->text == "reduction") how = v;
  if (how.is_none()) in.raise("TypeError", "reduce() missing 1 required positional argument: 'reduction'");
  Request r = make_request(in, "reduce", a, 3);
  r.operation = how.is(Kind::kStr) ? how.as<Str>().text : "reduce";
  return guarded(in, [&] { return from_tensor(transform(r, how)); });
}

/// einsum(a, b, 'i long_name, long_name k -> i k'): names become letters.
Value named_einsum(Interpreter& in, const Arguments& a) {
  if (a.positional.size() < 2 || !a.positional.back().is(Kind::kStr))
    in.raise("ValueError",
             "The last argument passed to `einops.einsum` must be a string, representing the einsum pattern.");
  std::string pattern = a.positional.back().as<Str>().text, equation;
  size_t arrow = pattern.find("->");
  if (arrow == std::string::npos) in.raise("ValueError", "Einsum pattern must contain right-hand side.");
  std::unordered_map<std::string, char> letters;
  auto translate = [&](const std::string& side) {
    std::string error;
    PatternSide parsed = parse_side(side, error);
    for (const auto& g : parsed.groups) {
      if (g.size() != 1 || g[0][0] == '#')
        error = "Shape rearrangement is not yet supported in einsum.";
      else if (g[0] == "...")
        equation += "...";
      else if (auto [at, is_new] = letters.try_emplace(g[0], '?'); true) {
        size_t k = letters.size() - 1;
        if (is_new) at->second = static_cast<char>(k < 26 ? 'a' + k : 'A' + k - 26);
        equation += at->second;
      }
      if (letters.size() > 52) error = "Too many axes in einsum.";
    }
    if (!error.empty()) in.raise("RuntimeError", error + " (pattern \"" + pattern + "\")");
  };
  std::string left = pattern.substr(0, arrow);
  for (size_t start = 0;;) {
    size_t comma = left.find(',', start);
    translate(left.substr(start, comma - start));
    if (comma == std::string::npos) break;
    equation += ",";
    start = comma + 1;
  }
  equation += "->";
  translate(pattern.substr(arrow + 2));
  std::vector<Value> operands(a.positional.begin(), a.positional.end() - 1);
  return call_named(in, "einsum", {in.make_str(equation), make_list(std::move(operands))});
}

const std::string& pattern_text(Interpreter& in, const Value& v) {
  if (!v.is(Kind::kStr)) in.raise("TypeError", "a pattern must be a str, not " + in.type_name(v));
  return v.as<Str>().text;
}

struct PackPattern {
  int64_t before, after;
};
PackPattern pack_pattern(Interpreter& in, const std::string& text) {
  std::string spaced;
  for (char c : text) spaced += c == '*' ? std::string(" * ") : std::string(1, c);
  int64_t before = 0, after = 0, stars = 0;
  for (size_t i = 0; i < spaced.size();) {
    size_t start = spaced.find_first_not_of(' ', i);
    if (start == std::string::npos) break;
    i = std::min(spaced.find(' ', start), spaced.size());
    if (spaced[start] == '*')
      ++stars;
    else
      ++(stars ? after : before);
  }
  if (stars != 1) in.raise("RuntimeError", "No *-axis in packing pattern \"" + text + "\"");
  return {before, after};
}

Value pack(Interpreter& in, const Arguments& a) {
  static const Signature signature("pack", "tensors, pattern");
  auto v = signature.bind(in, a);
  auto p = pack_pattern(in, pattern_text(in, v[1]));
  std::vector<Value> flat, shapes;
  for (const at::Tensor& t : to_tensors(in, v[0])) {
    if (t.dim() < p.before + p.after)
      in.raise("RuntimeError", "packed tensor has fewer axes than the pattern \"" + v[1].as<Str>().text + "\"");
    auto sizes = t.sizes();
    size_t first = static_cast<size_t>(p.before), last = static_cast<size_t>(t.dim() - p.after);
    shapes.push_back(make_size(sizes.slice(first, last - first)));
    Sizes to = sizes.slice(0, first).vec();
    to.push_back(-1);
    if (t.numel() == 0 || last == first) {
      to.back() = 1;
      for (size_t i = first; i < last; ++i) to.back() *= sizes[i];
    }
    for (size_t i = last; i < sizes.size(); ++i) to.push_back(sizes[i]);
    flat.push_back(from_tensor(apply_tensor(in, fast(in).reshape, {t, to})));
  }
  return make_tuple(
      {call_named(in, "cat", {make_list(std::move(flat)), Value(p.before)}), make_list(std::move(shapes))});
}

Value unpack(Interpreter& in, const Arguments& a) {
  static const Signature signature("unpack", "tensor, packed_shapes, pattern");
  auto v = signature.bind(in, a);
  auto p = pack_pattern(in, pattern_text(in, v[2]));
  const at::Tensor& t = to_tensor(v[0]);
  if (t.dim() != p.before + p.after + 1)
    in.raise("RuntimeError",
             "unpack(..., \"" + v[2].as<Str>().text + "\") received input of wrong dim " + std::to_string(t.dim()));
  std::vector<Sizes> shapes;
  for (const Value& s : in.to_vector(v[1])) shapes.push_back(to_ints(in, s));
  Sizes lengths;
  int64_t known = 0, open = -1;
  for (size_t i = 0; i < shapes.size(); ++i) {
    int64_t n = 1;
    for (int64_t s : shapes[i]) n *= s;
    if (n < 0)
      open = static_cast<int64_t>(i), n = -1;
    else
      known += n;
    lengths.push_back(n);
  }
  if (open >= 0) lengths[static_cast<size_t>(open)] = t.size(p.before) - known;
  Value parts = call_named(in, "split_with_sizes", {v[0], make_size(lengths), Value(p.before)});
  std::vector<Value> result;
  for (size_t i = 0; i < shapes.size(); ++i) {
    Sizes to = t.sizes().slice(0, static_cast<size_t>(p.before)).vec();
    to.insert(to.end(), shapes[i].begin(), shapes[i].end());
    for (int64_t k = p.before + 1; k < t.dim(); ++k) to.push_back(t.size(k));
    result.push_back(from_tensor(apply_tensor(in, fast(in).reshape, {to_tensor(parts.as<Tuple>().items[i]), to})));
  }
  return make_list(std::move(result));
}

Value parse_shape(Interpreter& in, const Arguments& a) {
  static const Signature signature("parse_shape", "x, pattern");
  auto v = signature.bind(in, a);
  std::string error;
  PatternSide side = parse_side(pattern_text(in, v[1]), error);
  const at::Tensor& t = to_tensor(v[0]);
  int64_t n = t.dim() - (static_cast<int64_t>(side.groups.size()) - side.has_ellipsis), at = 0;
  if (!error.empty() || n < 0 || (n && !side.has_ellipsis))
    in.raise("RuntimeError", "Can't parse shape with pattern \"" + v[1].as<Str>().text + "\": " + error);
  auto dict = make<Dict>();
  for (const auto& g : side.groups) {
    if (g.size() == 1 && g[0] == "...") {
      at += n;
      continue;
    }
    if (g.size() == 1 && g[0] != "_" && g[0][0] != '#') dict->set(in.intern(g[0]), Value(t.size(at)));
    ++at;
  }
  return dict;
}

}  // namespace

void add_einops(Interpreter& in, ModuleObject& m) {
  set_function(in, m, "einops_rearrange", rearrange);
  set_function(in, m, "einops_reduce", reduce);
  set_function(in, m, "einops_repeat", repeat);
  set_function(in, m, "einops_einsum", named_einsum);
  set_function(in, m, "einops_pack", pack);
  set_function(in, m, "einops_unpack", unpack);
  set_function(in, m, "einops_parse_shape", parse_shape);
}

}  // namespace gradus
