// What a unit's file says of itself: SLOTS, FIT, KIND, OUT and the signatures of its constructor and forward.
#include <algorithm>

#include "design/store.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

using Parameter = Interpreter::ParameterInfo;
using ParameterKind = Parameter::Kind;

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  UnitError error(file + ": " + message, message, file, 0);
  error.type = "ContractError";
  throw error;
}

/// A value of the language as JSON, or nothing where JSON has no such thing.
std::optional<nlohmann::json> to_json(const Value& v) {
  if (v.is_none()) return nlohmann::json(nullptr);
  if (v.is_bool()) return nlohmann::json(v.as_bool());
  if (v.is_int()) return nlohmann::json(v.as_int());
  if (v.is_float()) return nlohmann::json(v.as_float());
  if (v.is(Kind::kStr)) return nlohmann::json(v.as<Str>().text);
  if (v.is(Kind::kList) || v.is(Kind::kTuple)) {
    nlohmann::json list = nlohmann::json::array();
    for (const Value& item : v.is(Kind::kList) ? v.as<List>().items : v.as<Tuple>().items) {
      auto json = to_json(item);
      if (!json) return std::nullopt;
      list.push_back(std::move(*json));
    }
    return list;
  }
  return std::nullopt;
}

struct Reader {
  Interpreter& interpreter;
  const std::string& file;
  UnitInterface out;

  Value attribute(const Value& object, const char* name) const {
    return interpreter.find_attribute(object, interpreter.intern(name));
  }

  std::vector<std::string> names(const Value& v, const std::string& what) const {
    const auto json = to_json(v);
    if (!json || !json->is_array()) refuse(file, what + " must be a list of names");
    std::vector<std::string> list;
    for (const auto& item : *json) {
      if (!item.is_string()) refuse(file, what + " must be a list of names");
      list.push_back(item);
    }
    return list;
  }

  UnitKind kind(const Value& v, const std::string& what) const {
    const std::string text = v.is(Kind::kStr) ? v.as<Str>().text : "";
    if (text == "sequence") return UnitKind::kSequence;
    if (text == "token") return UnitKind::kToken;
    if (text == "function") return UnitKind::kFunction;
    refuse(file, what + " must be \"sequence\", \"token\" or \"function\"");
  }

  static std::string key_text(const Dict::Entry& entry) {
    return entry.key.is(Kind::kStr) ? entry.key.as<Str>().text : "?";
  }

  void slots(const Value& v) {
    if (!v.defined()) return;
    if (!v.is(Kind::kDict)) refuse(file, "SLOTS must be a dict of slot name to {\"kind\": …}");
    for (const auto& entry : v.as<Dict>().entries()) {
      if (!entry.key.defined()) continue;
      SlotInterface slot{.name = key_text(entry)};
      const std::string what = "SLOTS['" + slot.name + "']";
      if (!entry.value.is(Kind::kDict)) refuse(file, what + " must be a dict");
      for (const auto& field : entry.value.as<Dict>().entries()) {
        if (!field.key.defined()) continue;
        const std::string key = key_text(field);
        if (key == "kind")
          slot.kind = kind(field.value, what + "['kind']");
        else if (key == "need")
          slot.need = field.value.is(Kind::kStr) ? field.value.as<Str>().text : "";
        else if (key == "in")
          slot.in = names(field.value, what + "['in']");
        else if (key == "out")
          slot.out = names(field.value, what + "['out']");
        else
          refuse(file, what + " has an unknown key '" + key + "': expected kind, need, in, out");
      }
      out.slots.push_back(std::move(slot));
    }
  }

  void fit(const Value& v) {
    if (!v.defined()) return;
    if (!v.is(Kind::kDict)) refuse(file, "FIT must be a dict of argument name to (least, most)");
    for (const auto& entry : v.as<Dict>().entries()) {
      if (!entry.key.defined()) continue;
      const std::string name = key_text(entry),
                        what = "FIT['" + name + "'] must be (least, most), two positive numbers";
      const auto range = to_json(entry.value);
      if (!range || !range->is_array() || range->size() != 2 || !(*range)[0].is_number() || !(*range)[1].is_number())
        refuse(file, what);
      const double least = (*range)[0], most = (*range)[1];
      if (!(least > 0 && most >= least)) refuse(file, what);
      const auto argument = out.defaults.find(name);
      if (argument == out.defaults.end() || !argument->second.is_number()) {
        refuse(file, "FIT names '" + name + "', but __init__ has no argument of that name with a number as default");
      }
      out.fit[name] = {least, most};
    }
  }

  bool is_slot(const std::string& name) const {
    return std::any_of(out.slots.begin(), out.slots.end(), [&](const SlotInterface& s) { return s.name == name; });
  }

  void constructor(const std::vector<Parameter>& parameters) {
    std::vector<std::string> found;
    bool first = true;
    for (const Parameter& p : parameters) {
      found.push_back(p.name);
      if (p.kind == ParameterKind::kVarargs) continue;
      if (p.kind == ParameterKind::kKwargs) {
        out.takes_any_argument = true;
        continue;
      }
      const bool positional = p.kind != ParameterKind::kKeywordOnly;
      const bool is_dim = first && positional && !is_slot(p.name);
      first = false;
      if (is_dim) {
        out.takes_dim = true;
        continue;
      }
      if (p.name == "dim_out")
        out.takes_dim_out = true;
      else if (p.name == "layer")
        out.takes_layer = true;
      else if (p.name == "n_layers")
        out.takes_n_layers = true;
      else if (p.name == "context")
        out.takes_context = true;
      else if (is_slot(p.name))
        continue;
      else if (!p.default_value.defined())
        out.required_arguments.push_back(p.name);
      else if (const auto json = to_json(p.default_value))
        out.defaults[p.name] = *json;
    }
    if (!out.takes_dim)
      refuse(file, out.class_name + ".__init__ must take the width first: def __init__(self, dim, …)");
    for (const SlotInterface& slot : out.slots) {
      if (std::find(found.begin(), found.end(), slot.name) == found.end() && !out.takes_any_argument) {
        refuse(file, "SLOTS names '" + slot.name + "', but " + out.class_name + ".__init__ has no such argument");
      }
    }
  }

  void forward(std::vector<Parameter> parameters) {
    if (!parameters.empty() && parameters[0].name == "self") parameters.erase(parameters.begin());
    bool skip_x = out.kind != UnitKind::kFunction;
    for (const Parameter& p : parameters) {
      if (p.kind == ParameterKind::kVarargs || p.kind == ParameterKind::kKwargs) {
        out.takes_any_input = true;
      } else if (skip_x) {
        skip_x = false;
      } else if (p.name == "carry") {
        out.takes_carry = true;
      } else {
        (p.default_value.defined() ? out.optional_inputs : out.required_inputs).push_back(p.name);
      }
    }
    if (skip_x && !out.takes_any_input) refuse(file, out.class_name + ".forward takes no input");
  }

  void read(const Value& unit) {
    out.class_name = unit.as<Class>().name;
    if (const Value doc = attribute(unit, "__doc__"); doc.defined() && doc.is(Kind::kStr)) out.doc = doc.as<Str>().text;
    if (const Value k = attribute(unit, "KIND"); k.defined()) out.kind = kind(k, "KIND");
    slots(attribute(unit, "SLOTS"));
    constructor(interpreter.function_signature(unit));
    fit(attribute(unit, "FIT"));
    const Value call = attribute(unit, "forward");
    if (!call.defined()) refuse(file, out.class_name + " has no forward");
    forward(interpreter.function_signature(call));
    if (const Value names_out = attribute(unit, "OUT"); names_out.defined()) out.outputs = names(names_out, "OUT");
  }
};

}  // namespace

Value unit_class(Interpreter&, const Ref<ModuleObject>& module, const std::string& file) {
  Value last = Value::undefined();
  for (const auto& entry : module->attributes->entries()) {
    if (!entry.key.defined() || !entry.value.is(Kind::kClass)) continue;
    const Class& c = entry.value.as<Class>();
    const bool alias = !entry.key.is(Kind::kStr) || entry.key.as<Str>().text != c.name;
    if (c.is_nn_module && c.module == module->name && !alias) last = entry.value;
  }
  if (!last.defined()) refuse(file, "the file defines no nn.Module class: a unit is the last one");
  return last;
}

UnitInterface read_interface(Interpreter& interpreter, const std::string& source, const std::string& file) {
  const Ref<ModuleObject> module = interpreter.run(source, file);
  Reader reader{interpreter, file, {}};
  interpreter.guard([&] {
    reader.read(unit_class(interpreter, module, file));
    return Value();
  });
  return std::move(reader.out);
}

UnitInterface read_interface(const std::string& source, const std::string& file) {
  Limits limits;
  limits.seconds = 10;
  Interpreter interpreter(limits);
  install_torch(interpreter);
  interpreter.start_clock();
  return read_interface(interpreter, source, file);
}

}  // namespace gradus
