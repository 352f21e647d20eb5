#include "unit/run/value.h"

#include <algorithm>

#include "unit/run/interpreter.h"
#include "unit/run/object.h"
#include "unit/run/state.h"

namespace gradus {

namespace {

thread_local uint64_t tensor_bytes = ~uint64_t{0};
thread_local Container* current_heap = nullptr;  // sentinel of the list of the Interpreter that runs here

constexpr int kDeepestDestruction = 64;
constexpr size_t kScanned = 8;  // tables up to this size have no index

}  // namespace

uint64_t exchange_tensor_bytes(uint64_t bytes) { return std::exchange(tensor_bytes, bytes); }
uint64_t tensor_bytes_now() { return tensor_bytes; }

Container* exchange_heap(Container* sentinel) { return std::exchange(current_heap, sentinel); }

Container::Container(Kind k) : Object(k) {
  if (!current_heap) return;
  heap_previous = current_heap->heap_previous;
  heap_next = current_heap;
  heap_previous->heap_next = this;
  current_heap->heap_previous = this;
}

Container::~Container() {
  if (!heap_next) return;
  heap_previous->heap_next = heap_next;
  heap_next->heap_previous = heap_previous;
}

void destroy(Object* o) noexcept {
  if (o->kind == Kind::kGenerator && static_cast<Generator*>(o)->abandon()) return;
  thread_local int depth = 0;
  thread_local std::vector<Object*> waiting;
  if (depth >= kDeepestDestruction) {
    waiting.push_back(o);
    return;
  }
  ++depth;
  delete o;
  if (depth == 1) {
    while (!waiting.empty()) {
      Object* next = waiting.back();
      waiting.pop_back();
      delete next;
    }
  }
  --depth;
}

void List::clear() {
  std::vector<Value> gone = std::move(items);
  items.clear();
}

size_t hash_text(const Str& s) {
  if (s.hash) return s.hash;
  size_t h = std::hash<std::string_view>{}(s.text);
  const_cast<Str&>(s).hash = h ? h : 1;
  return s.hash;
}

// Dict

namespace {

size_t mix(size_t h) {
  h ^= h >> 32;
  h *= 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

bool same_text(const Value& key, const Value& other) {
  return key.is(Kind::kStr) && other.is(Kind::kStr) && key.as<Str>().text == other.as<Str>().text;
}

}  // namespace

Dict::Entry* Dict::lookup(Interpreter* interpreter, size_t hash, const Value& key) {
  // A user's __eq__ may change this table: then start again.
  const auto matches = [&](size_t position, bool& restart) {
    Entry& e = entries_[position];
    if (e.hash != hash || !e.key.defined()) return false;
    if (e.key.same(key) || same_text(e.key, key)) return true;
    if (!interpreter || (e.key.is(Kind::kStr) && key.is(Kind::kStr))) return false;
    const uint32_t before = layout_;
    const Value held = e.key;
    const bool equal = interpreter->equal(held, key);
    restart = layout_ != before;
    return equal;
  };
  for (;;) {
    bool restart = false;
    if (index_.empty()) {
      for (size_t i = 0; i < entries_.size() && !restart; ++i)
        if (matches(i, restart) && !restart) return &entries_[i];
    } else {
      const size_t mask = index_.size() - 1;
      for (size_t slot = mix(hash) & mask; index_[slot] >= 0 && !restart; slot = (slot + 1) & mask)
        if (matches(static_cast<size_t>(index_[slot]), restart) && !restart)
          return &entries_[static_cast<size_t>(index_[slot])];
    }
    if (!restart) return nullptr;
  }
}

Value* Dict::find(Interpreter& interpreter, const Value& key) {
  if (live_ == 0) {
    interpreter.hash(key);  // unhashable keys are errors even here
    return nullptr;
  }
  Entry* e = lookup(&interpreter, interpreter.hash(key), key);
  return e ? &e->value : nullptr;
}

Value* Dict::find(const Str* name) {
  const size_t hash = hash_text(*name);
  const auto matches = [&](const Entry& e) {
    return e.hash == hash && e.key.is(Kind::kStr) && (e.key.object() == name || e.key.as<Str>().text == name->text);
  };
  if (index_.empty()) {
    for (Entry& e : entries_)
      if (matches(e)) return &e.value;
    return nullptr;
  }
  const size_t mask = index_.size() - 1;
  for (size_t slot = mix(hash) & mask; index_[slot] >= 0; slot = (slot + 1) & mask)
    if (Entry& e = entries_[static_cast<size_t>(index_[slot])]; matches(e)) return &e.value;
  return nullptr;
}

void Dict::set(Interpreter& interpreter, const Value& key, Value value) {
  const size_t hash = interpreter.hash(key);
  if (Entry* e = lookup(&interpreter, hash, key)) {
    std::swap(e->value, value);
    return;
  }
  interpreter.check_size(static_cast<double>(live_) + 1);
  insert(hash, key, std::move(value));
}

void Dict::set(const Ref<Str>& name, Value value) {
  if (Value* found = find(name.get())) {
    std::swap(*found, value);
    return;
  }
  insert(hash_text(*name), name, std::move(value));
}

void Dict::insert(size_t hash, Value key, Value value) {
  if (entries_.size() > 2 * live_ + kScanned || entries_.size() >= std::max(kScanned, index_.size() / 2)) rebuild();
  entries_.push_back({hash, std::move(key), std::move(value)});
  ++live_;
  ++layout_;
  if (!index_.empty()) place(entries_.size() - 1);
}

void Dict::place(size_t position) {
  const size_t mask = index_.size() - 1;
  size_t slot = mix(entries_[position].hash) & mask;
  while (index_[slot] >= 0) slot = (slot + 1) & mask;
  index_[slot] = static_cast<int32_t>(position);
}

// Room for at least one more: drops deleted entries, doubles the index.
void Dict::rebuild() {
  if (live_ != entries_.size()) std::erase_if(entries_, [](const Entry& e) { return !e.key.defined(); });
  ++layout_;
  index_.clear();
  if (entries_.size() < kScanned) return;
  size_t size = 4 * kScanned;
  while (size < 4 * (entries_.size() + 1)) size *= 2;
  index_.assign(size, -1);
  for (size_t i = 0; i < entries_.size(); ++i) place(i);
}

void Dict::remove(Entry* e) {
  ++layout_;
  Value key = std::exchange(e->key, Value::undefined());
  Value value = std::exchange(e->value, Value());
  if (--live_ == 0) {
    entries_.clear();
    index_.clear();
  }
}

bool Dict::erase(Interpreter& interpreter, const Value& key) {
  Entry* e = lookup(&interpreter, interpreter.hash(key), key);
  if (e) remove(e);
  return e != nullptr;
}

bool Dict::erase(const Str* name) {
  const Value key(const_cast<Str*>(name));
  Entry* e = lookup(nullptr, hash_text(*name), key);
  if (e) remove(e);
  return e != nullptr;
}

void Dict::clear() {
  std::vector<Entry> gone = std::move(entries_);
  entries_.clear();
  index_.clear();
  live_ = 0;
  ++layout_;
}

// Class

Value* Class::find(const Str* key) const {
  for (Class* c : mro)
    if (Value* v = c->attributes->find(key)) return v;
  return nullptr;
}

Class::~Class() {
  for (const Ref<Class>& base : bases) std::erase(base->subclasses, this);
}

void Class::clear() { construct = nullptr; }

int64_t Range::length() const {
  if (step > 0) return stop > start ? (stop - start - 1) / step + 1 : 0;
  return stop < start ? (start - stop - 1) / -step + 1 : 0;
}

void Function::clear() {
  closure.clear();
  defaults.clear();
  keyword_defaults.clear();
  globals = nullptr;
}

}  // namespace gradus
