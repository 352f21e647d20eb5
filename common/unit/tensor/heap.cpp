#include "unit/tensor/heap.h"

#include <ATen/ops/view_as_real.h>

#include <bit>
#include <unordered_set>

#include "base/hash.h"
#include "unit/run/object.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

constexpr int kDepth = 4;  // of containers inside a container: those deeper are compared as containers of their own

uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = (a ^ (b + 0x9E3779B97F4A7C15ull + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ull;
  return z ^ (z >> 31);
}

uint64_t hash_of(const at::Tensor& t) {
  if (!t.defined() || t.numel() == 0 || t.is_sparse() || t.is_quantized()) return 1;
  const at::Tensor whole = t.detach().contiguous().resolve_conj().resolve_neg();
  uint64_t h = checksum64(std::string_view(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes()));
  for (int64_t n : whole.sizes()) h = mix(h, static_cast<uint64_t>(n));
  return mix(h, static_cast<uint64_t>(whole.scalar_type()));
}

}  // namespace

/// Hashes values by content and names them by what holds them.
class HeapReader {
 public:
  explicit HeapReader(Interpreter& in) : in_(in) {
    in.for_each_container([&](Container& c) { name(c); });
  }

  std::string where(const Object* o) const {
    const auto n = names_.find(o);
    return n == names_.end() ? "" : n->second;
  }

  /// The values a container holds directly, each with a name.
  void visit(const Object& o, const std::function<void(const std::string&, const Value&)>& f) const {
    switch (o.kind) {
      case Kind::kDict:
        for (const Dict::Entry& e : static_cast<const Dict&>(o).entries())
          if (e.key.defined()) f(e.key.is(Kind::kStr) ? e.key.as<Str>().text : "[" + key_text(e.key) + "]", e.value);
        break;
      case Kind::kList: {
        const auto& items = static_cast<const List&>(o).items;
        for (size_t i = 0; i < items.size(); ++i) f("[" + std::to_string(i) + "]", items[i]);
        break;
      }
      case Kind::kCell:
        f("", static_cast<const Cell&>(o).value);
        break;
      case Kind::kFunction: {
        const auto& function = static_cast<const Function&>(o);
        for (const Value& v : function.defaults) f("default", v);
        for (const auto& [n, v] : function.keyword_defaults) f("default " + n->text, v);
        break;
      }
      case Kind::kGenerator: {
        const auto& frame = static_cast<const Generator&>(o).frame;
        f("position", Value(static_cast<int64_t>(frame.next)));
        if (frame.slots)
          for (const Value* v = frame.slots; v < frame.top; ++v) f("local", *v);
        break;
      }
      default:
        break;
    }
  }

  uint64_t content(const Value& v, int depth) const {
    const auto tag = static_cast<uint64_t>(v.tag());
    if (v.is_float()) return mix(tag, std::bit_cast<uint64_t>(v.as_float()));
    if (!v.is_object()) return mix(tag, v.defined() && !v.is_none() ? static_cast<uint64_t>(v.as_int()) : 0);
    const Object& o = *v.object();
    uint64_t h = mix(tag, static_cast<uint64_t>(o.kind));
    switch (o.kind) {
      case Kind::kStr:
        return mix(h, checksum64(static_cast<const Str&>(o).text));
      case Kind::kTensor: {
        const auto known = tensors_.find(&o);
        if (known != tensors_.end()) return known->second;
        return tensors_[&o] = hash_of(static_cast<const TensorObject&>(o).tensor);
      }
      case Kind::kTuple:
      case Kind::kSize:
        for (const Value& item : static_cast<const Tuple&>(o).items) h = mix(h, content(item, depth));
        return h;
      case Kind::kIterator: {
        const auto& i = static_cast<const Iterator&>(o);
        return mix(mix(h, static_cast<uint64_t>(i.position)), static_cast<uint64_t>(i.stop));
      }
      case Kind::kSet:
      case Kind::kFrozenSet:
        return mix(h, static_cast<const Set&>(o).table->size());
      case Kind::kBoundMethod:
        return mix(h, content(static_cast<const BoundMethod&>(o).self, 0));
      case Kind::kInstance:
        if (depth == 0 || static_cast<const Instance&>(o).type->is_nn_module) return h;
        return mix(h, content(Value(static_cast<const Instance&>(o).attributes), depth - 1));
      case Kind::kList:
      case Kind::kDict:
      case Kind::kCell:
        if (depth > 0) visit(o, [&](const std::string&, const Value& item) { h = mix(h, content(item, depth - 1)); });
        return h;
      default:
        return h;
    }
  }

  HeapSnapshot::Item item(const std::string& name, const Value& v) const {
    return {name, content(v, kDepth), is_tensor(v) ? to_tensor(v) : at::Tensor()};
  }

 private:
  std::string key_text(const Value& v) const { return v.is_int() ? std::to_string(v.as_int()) : "…"; }

  void name(const Container& c) {
    if (c.kind == Kind::kInstance) {
      const auto& i = static_cast<const Instance&>(c);
      names_[i.attributes.get()] = i.type->name + ".";
    } else if (c.kind == Kind::kClass) {
      names_[static_cast<const Class&>(c).attributes.get()] = "class " + static_cast<const Class&>(c).name + ".";
    } else if (c.kind == Kind::kModule) {
      names_[static_cast<const ModuleObject&>(c).attributes.get()] = "module global ";
    } else if (c.kind == Kind::kFunction) {
      const auto& f = static_cast<const Function&>(c);
      const std::string of = f.name ? f.name->text : "a function";
      names_[&c] = of + ": ";
      for (const Value& cell : f.closure)
        if (cell.is_object()) names_[cell.object()] = "closure of " + of;
      if (f.attributes) names_[f.attributes.get()] = of + ".";
    } else if (c.kind == Kind::kGenerator) {
      names_[&c] = "generator ";
    }
  }

  Interpreter& in_;
  std::unordered_map<const Object*, std::string> names_;
  mutable std::unordered_map<const Object*, uint64_t> tensors_;
};

HeapSnapshot::HeapSnapshot(Interpreter& in) {
  const HeapReader reader(in);
  in.for_each_container([&](Container& c) {
    std::vector<Item> items;
    reader.visit(
        c, [&](const std::string& name, const Value& v) { items.push_back(reader.item(reader.where(&c) + name, v)); });
    if (!items.empty() || c.kind == Kind::kList || c.kind == Kind::kDict) items_[&c] = std::move(items);
  });
}

std::vector<HeapSnapshot::Change> HeapSnapshot::changes(const HeapSnapshot& later) const {
  std::vector<Change> found;
  for (const auto& [object, before] : items_) {
    const auto now = later.items_.find(object);
    if (now == later.items_.end()) continue;
    const auto& after = now->second;
    if (before.size() != after.size()) {
      const std::string name = !after.empty() ? after.back().name : before.back().name;
      found.push_back(
          {name + " (" + std::to_string(before.size()) + " → " + std::to_string(after.size()) + " items)", false, {}});
      continue;
    }
    for (size_t i = 0; i < after.size(); ++i) {
      if (before[i].content == after[i].content) continue;
      const bool is_tensor = before[i].tensor.defined() && after[i].tensor.defined() &&
                             before[i].tensor.sizes() == after[i].tensor.sizes();
      found.push_back({after[i].name, is_tensor, after[i].tensor});
    }
  }
  return found;
}

std::vector<HeldTensor> held_tensors(Interpreter& in, const std::vector<at::Tensor>& parameters) {
  std::unordered_set<const void*> known;
  for (const at::Tensor& p : parameters) known.insert(p.storage().data());
  const HeapReader reader(in);
  std::vector<HeldTensor> out;
  std::function<void(const std::string&, const Value&)> look = [&](const std::string& where, const Value& v) {
    if (v.is(Kind::kTuple))
      for (const Value& item : v.as<Tuple>().items) look(where, item);
    if (!is_tensor(v)) return;
    const at::Tensor& t = to_tensor(v);
    if (!t.defined() || (!at::isFloatingType(t.scalar_type()) && !at::isComplexType(t.scalar_type()))) return;
    if (!t.has_storage() || !known.insert(t.storage().data()).second) return;
    out.push_back({where, t, v.as<TensorObject>().is_parameter, hash_of(t)});
  };
  in.for_each_container([&](Container& c) {
    reader.visit(c, [&](const std::string& name, const Value& v) { look(reader.where(&c) + name, v); });
  });
  return out;
}

}  // namespace gradus
