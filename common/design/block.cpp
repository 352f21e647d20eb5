#include "design/block.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/rng.h"
#include "unit/tensor/fused.h"
#include "unit/tensor/module.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

Value from_json(Interpreter& interpreter, const nlohmann::json& json) {
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_number_integer()) return Value(json.get<int64_t>());
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_string()) return interpreter.make_str(json.get<std::string>());
  if (!json.is_array()) return Value();
  std::vector<Value> items;
  for (const auto& item : json) items.push_back(from_json(interpreter, item));
  return make<List>(std::move(items));
}

std::string sizes_text(const at::Tensor& t) {
  std::string text;
  for (int64_t size : t.sizes()) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

[[noreturn]] void refuse(const std::string& message) {
  UnitError error("TypeError: " + message, message, "", 0);
  error.type = "TypeError";
  throw error;
}

/// A random scope for as long as an instance is under construction.
class ScopedDraws {
 public:
  ScopedDraws(Interpreter& interpreter, uint64_t key)
      : interpreter_(interpreter), outer_(exchange_random_scope(interpreter, {key, 0})) {}
  ~ScopedDraws() { exchange_random_scope(interpreter_, outer_); }
  ScopedDraws(const ScopedDraws&) = delete;
  ScopedDraws& operator=(const ScopedDraws&) = delete;

 private:
  Interpreter& interpreter_;
  RandomScope outer_;
};

void run_units(const UnitNode& node, const UnitStore& units, Interpreter& interpreter,
               std::map<std::string, Value>& classes) {
  if (!classes.count(node.unit)) {
    const std::string file = units.file_name(node.unit);
    classes[node.unit] = unit_class(interpreter, interpreter.run(units.source(node.unit), file), file);
  }
  for (const auto& [slot, filler] : node.slots) run_units(filler, units, interpreter, classes);
}

}  // namespace

nlohmann::json fitted_argument(const UnitInterface& unit, const std::string& name, const nlohmann::json& value,
                               double multiplier) {
  const auto range = unit.fit.find(name);
  if (range == unit.fit.end() || multiplier == 1 || !value.is_number()) return value;
  const double fitted = std::clamp(value.get<double>() * multiplier, range->second.first, range->second.second);
  if (!value.is_number_integer()) return fitted;
  return static_cast<int64_t>(std::llround(fitted));
}

struct BlockBuilder::State {
  State(const Design& d, const UnitStore& u, const Limits& limits) : design(d), units(u), interpreter(limits) {}

  Design design;
  UnitStore units;
  Interpreter interpreter;
  std::map<std::string, Value> classes;  // of the units, by hash
  // Of the block under construction:
  Shape shape;
  int64_t layer = 0;
  double multiplier = 1;
  uint64_t seed = 0;
  std::map<SlotPath, uint64_t> instances;   // built so far, by slot path
  std::map<const Object*, SlotPath> paths;  // of all instances built

  Value construct(const UnitNode& node, const SlotPath& path, int64_t dim, std::optional<int64_t> dim_out);
  Value factory(const UnitNode& node, const SlotPath& path);
  void add_dimensions(const UnitInterface& unit, std::optional<int64_t> dim_out, int64_t dim,
                      std::vector<std::pair<Ref<Str>, Value>>& keywords);
};

void BlockBuilder::State::add_dimensions(const UnitInterface& unit, std::optional<int64_t> dim_out, int64_t dim,
                                         std::vector<std::pair<Ref<Str>, Value>>& keywords) {
  if (dim_out && !unit.takes_dim_out) {
    interpreter.raise("TypeError", unit.class_name + " keeps the width: it takes no dim_out, and its slot asks for " +
                                       std::to_string(*dim_out) + " from " + std::to_string(dim));
  }
  if (dim_out) keywords.emplace_back(interpreter.intern("dim_out"), Value(*dim_out));
  if (unit.takes_layer) keywords.emplace_back(interpreter.intern("layer"), Value(layer));
  if (unit.takes_n_layers) keywords.emplace_back(interpreter.intern("n_layers"), Value(shape.n_blocks));
  if (unit.takes_context) keywords.emplace_back(interpreter.intern("context"), Value(shape.context));
}

Value BlockBuilder::State::construct(const UnitNode& node, const SlotPath& path, int64_t dim,
                                     std::optional<int64_t> dim_out) {
  const UnitInterface& unit = units.interface(node.unit);
  std::vector<std::pair<Ref<Str>, Value>> keywords;
  add_dimensions(unit, dim_out, dim, keywords);
  for (const auto& [name, value] : node.arguments) {
    keywords.emplace_back(interpreter.intern(name),
                          from_json(interpreter, fitted_argument(unit, name, value, multiplier)));
  }
  for (const auto& [name, range] : unit.fit) {
    if (multiplier == 1 || node.arguments.count(name)) continue;
    const nlohmann::json fitted = fitted_argument(unit, name, unit.defaults.at(name), multiplier);
    keywords.emplace_back(interpreter.intern(name), from_json(interpreter, fitted));
  }
  for (const auto& [name, filler] : node.slots) {
    keywords.emplace_back(interpreter.intern(name), factory(filler, path.empty() ? name : path + "." + name));
  }
  const uint64_t instance = instances[path]++;
  const uint64_t key = stream_key("init", {seed, static_cast<uint64_t>(layer), checksum64(path), instance});
  const ScopedDraws draws(interpreter, key);
  const Value positional[] = {Value(dim)};
  Value made = interpreter.call(classes.at(node.unit), positional, keywords);
  if (made.is_object()) paths[made.object()] = path;
  return made;
}

Value BlockBuilder::State::factory(const UnitNode& node, const SlotPath& path) {
  static const Signature signature("slot", "dim, *, dim_out=None");
  return make<Native>(
      units.interface(node.unit).class_name, [this, &node, path](Interpreter& world, const Arguments& arguments) {
        const std::vector<Value> bound = signature.bind(world, arguments);
        auto width = [&](const Value& v, const char* name) {
          if (!v.is_int() || v.as_int() < 1) {
            world.raise("TypeError",
                        "slot '" + path + "': " + name + " must be a whole number above 0, not " + world.repr(v));
          }
          return v.as_int();
        };
        const int64_t dim = width(bound[0], "dim");
        std::optional<int64_t> dim_out;
        if (!bound[1].is_none()) dim_out = width(bound[1], "dim_out");
        return construct(node, path, dim, dim_out);
      });
}

BlockBuilder::BlockBuilder(const Design& design, const UnitStore& units, const Limits& limits, UnderTest under_test)
    : state_(std::make_unique<State>(design, units, limits)) {
  const std::vector<std::string> faults = tree_faults(design, units);
  if (!faults.empty()) {
    std::string text = "the design has faults:";
    for (const std::string& fault : faults) text += faults.size() == 1 ? " " + fault : "\n  " + fault;
    throw Error(text);
  }
  install_torch(state_->interpreter);
  set_under_test(state_->interpreter, under_test);
  const WideDefault wide(under_test.wide);
  state_->interpreter.start_clock();
  run_units(state_->design.root, units, state_->interpreter, state_->classes);
}

BlockBuilder::~BlockBuilder() = default;

Value BlockBuilder::build(const Shape& shape, int64_t layer, double multiplier, uint64_t seed) {
  State& s = *state_;
  s.shape = shape;
  s.layer = layer;
  s.multiplier = multiplier;
  s.seed = seed;
  s.instances.clear();
  const WideDefault wide(under_test(s.interpreter).wide);
  return s.interpreter.guard([&] { return s.construct(s.design.root, "", shape.d_model, std::nullopt); });
}

at::Tensor BlockBuilder::run(const Value& block, int64_t layer, const at::Tensor& x, Value& carry) {
  const std::string who = root().class_name + " (block " + std::to_string(layer) + "): ";
  std::vector<std::pair<std::string, Value>> keywords;
  if (root().takes_carry) keywords.emplace_back("carry", carry);
  const WideDefault wide(under_test(interpreter()).wide);
  Value result = interpreter().invoke(block, {from_tensor(x)}, std::move(keywords));
  if (root().takes_carry) {
    if (!result.is(Kind::kTuple) || result.as<Tuple>().items.size() != 2)
      refuse(who + "takes carry, so it must return (y, carry)");
    carry = result.as<Tuple>().items[1];
    result = Value(result.as<Tuple>().items[0]);
  }
  if (!is_tensor(result)) refuse(who + "must return a tensor, not " + interpreter().type_name(result));
  const at::Tensor y = to_tensor(result);
  if (y.sizes() != x.sizes())
    refuse(who + "turns " + sizes_text(x) + " into " + sizes_text(y) + "; a block keeps the shape");
  if (y.scalar_type() != x.scalar_type())
    refuse(who + "turns " + toString(x.scalar_type()) + " into " + toString(y.scalar_type()));
  return y;
}

void BlockBuilder::use_kernels(const Value& block, FusedKernels& kernels) {
  std::map<std::string, std::string> stems;
  for (const auto& [stem, hash] : UnitStore::library()) stems[hash] = stem;
  walk_modules(state_->interpreter, block, "", [&](const std::string&, const Value& module) {
    const auto path = slot_of(module);
    if (!path) return;
    const std::string& unit = find_node(std::as_const(state_->design), *path)->unit;
    const Value& made_of = state_->classes.at(unit);
    if (stems.count(unit) && module.as<Instance>().type.get() == &made_of.as<Class>())
      use_fused(state_->interpreter, module, stems.at(unit), kernels);
  });
}

Interpreter& BlockBuilder::interpreter() { return state_->interpreter; }

const UnitInterface& BlockBuilder::root() const { return state_->units.interface(state_->design.root.unit); }

std::optional<SlotPath> BlockBuilder::slot_of(const Value& instance) const {
  const auto found = state_->paths.find(instance.is_object() ? instance.object() : nullptr);
  return found == state_->paths.end() ? std::nullopt : std::optional(found->second);
}

bool BlockBuilder::depends_on_layer() const {
  for (const SlotPath& path : all_paths(state_->design)) {
    const UnitInterface& unit = state_->units.interface(find_node(std::as_const(state_->design), path)->unit);
    if (unit.takes_layer || unit.takes_n_layers) return true;
  }
  return false;
}

std::pair<double, double> BlockBuilder::multiplier_range() const {
  double least = 1, most = 1;
  for (const SlotPath& path : all_paths(state_->design)) {
    const UnitNode& node = *find_node(std::as_const(state_->design), path);
    const UnitInterface& unit = state_->units.interface(node.unit);
    for (const auto& [name, range] : unit.fit) {
      const auto given = node.arguments.find(name);
      const nlohmann::json& value = given == node.arguments.end() ? unit.defaults.at(name) : given->second;
      if (!value.is_number() || value.get<double>() <= 0) continue;
      least = std::min(least, range.first / value.get<double>());
      most = std::max(most, range.second / value.get<double>());
    }
  }
  return {least, most};
}

}  // namespace gradus
