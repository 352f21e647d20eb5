#include <algorithm>

#include "base/error.h"
#include "base/template_expression.h"

namespace gradus::templates {
namespace {

using Kind = Node::Kind;

Value find_name(const std::string& word, const Scope& scope) {
  for (auto it = scope.names.rbegin(); it != scope.names.rend(); ++it)
    if (it->first == word) return Value::at(it->second);
  if (scope.values.is_object()) {
    const auto found = scope.values.find(word);
    if (found != scope.values.end()) return Value::at(*found);
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : scope.names) names.push_back(name);
  if (scope.values.is_object())
    for (const auto& item : scope.values.items()) names.push_back(item.key());
  return Value::absent(undefined(word, names));
}

bool compare_all(const Node& node, const Scope& scope) {
  Value left = evaluate(node.children[0], scope);
  for (size_t i = 0; i < node.keywords.size(); ++i) {
    Value right = evaluate(node.children[i + 1], scope);
    const std::string& op = node.keywords[i];
    const bool holds = op == "not in" ? !compare("in", left.use(), right.use()) : compare(op, left.use(), right.use());
    if (!holds) return false;
    left = std::move(right);
  }
  return true;
}

Arguments arguments_of(const Node& node, const Scope& scope, size_t first) {
  Arguments out;
  for (size_t i = first; i < node.children.size(); ++i) out.push_back(evaluate(node.children[i], scope).use());
  return out;
}

Json range_of(const Arguments& a) {
  if (a.empty() || a.size() > 3) throw Fault{"range needs one to three numbers"};
  for (const Json& n : a)
    if (!n.is_number_integer()) throw Fault{"range needs whole numbers"};
  const int64_t begin = a.size() > 1 ? a[0].get<int64_t>() : 0, end = a[a.size() > 1].get<int64_t>(),
                step = a.size() > 2 ? a[2].get<int64_t>() : 1;
  // Rounded up, and exact: doubles leave numbers out beyond 2^53.
  const bool up = step > 0;
  const uint64_t a_step = up ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t way = up ? static_cast<uint64_t>(end) - static_cast<uint64_t>(begin)
                          : static_cast<uint64_t>(begin) - static_cast<uint64_t>(end);
  const bool none = step == 0 || (up ? end <= begin : end >= begin);
  const uint64_t steps = none ? 0 : way / a_step + (way % a_step != 0);
  if (step == 0 || steps > 100'000) throw Fault{"range: a step of nothing, or more than 100000 numbers"};
  Json out = Json::array();
  for (int64_t i = 0; i < static_cast<int64_t>(steps); ++i) out.push_back(begin + i * step);
  return out;
}

Json call_function(const Node& node, const Scope& scope) {
  const Arguments given = arguments_of(node, scope, 0);
  if (node.text == "range") return range_of(given);
  Json out = Json::object();  // namespace(a=1), dict(a=1)
  for (size_t i = 0; i < given.size(); ++i) {
    if (node.keywords[i].empty()) throw Fault{node.text + " needs names: " + node.text + "(a=1)"};
    out[node.keywords[i]] = given[i];
  }
  return out;
}

Value called(const Node& node, const Scope& scope) {
  for (const std::string& keyword : node.keywords)
    if (!keyword.empty()) throw Fault{"." + node.text + "() takes no arguments by name: '" + keyword + "='"};
  return Value::of(call_method(node.text, evaluate(node.children[0], scope).use(), arguments_of(node, scope, 1)));
}

Json mapping_of(const Node& node, const Scope& scope) {
  Json out = Json::object();
  for (size_t i = 0; i + 1 < node.children.size(); i += 2)
    out[text_of(evaluate(node.children[i], scope).use())] = evaluate(node.children[i + 1], scope).use();
  return out;
}

Value logical(const Node& node, const Scope& scope) {
  Value left = evaluate(node.children[0], scope);
  return truth(left.use()) == (node.kind == Kind::kOr) ? left : evaluate(node.children[1], scope);
}

}  // namespace

Value evaluate(const Node& node, const Scope& scope) {
  const auto part = [&](size_t i) { return evaluate(node.children[i], scope); };
  switch (node.kind) {
    case Kind::kConstant:
      return Value::at(node.value);
    case Kind::kName:
      return find_name(node.text, scope);
    case Kind::kList:
      return Value::of(arguments_of(node, scope, 0));
    case Kind::kMapping:
      return Value::of(mapping_of(node, scope));
    case Kind::kItem:
      return get_item(part(0), part(1).use());
    case Kind::kSlice:
      return Value::of(slice(part(0).use(), part(1).use(), part(2).use(), part(3).use()));
    case Kind::kFunction:
      return Value::of(call_function(node, scope));
    case Kind::kMethod:
      return called(node, scope);
    case Kind::kFilter:
      return Value::of(apply_filter(node.text, part(0), arguments_of(node, scope, 1), node.keywords));
    case Kind::kTest:
      return Value::of(apply_test(node.text, part(0), arguments_of(node, scope, 1)));
    case Kind::kNot:
      return Value::of(!truth(part(0).use()));
    case Kind::kAnd:
    case Kind::kOr:
      return logical(node, scope);
    case Kind::kChoice:
      return truth(part(1).use()) ? part(0) : part(2);
    case Kind::kCompare:
      return Value::of(compare_all(node, scope));
    case Kind::kArithmetic:
      return Value::of(arithmetic(node.text, part(0).use(), part(1).use()));
  }
  return {};
}

}  // namespace gradus::templates
