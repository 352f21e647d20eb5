/// The values of the unit language. A Value is 16 bytes: None, bool, int (64 bit; larger ones are BigInt objects),
/// float, or a counted reference to an Object. One thread at a time runs the language (the autograd engine calls back
/// while its caller waits), so counts are plain integers. Cycles are broken when the Interpreter ends: it keeps a
/// list of all containers.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/syntax/ast.h"

namespace gradus {

class Interpreter;
class Value;
struct Class;

enum class Kind : uint8_t {
  kStr,
  kBytes,
  kBigInt,
  kComplex,
  kTuple,
  kList,
  kDict,
  kSet,
  kFrozenSet,
  kRange,
  kSlice,
  kEllipsis,
  kNotImplemented,
  kCell,
  kFunction,
  kBoundMethod,
  kNative,
  kNativeType,
  kClass,
  kInstance,
  kModule,
  kProperty,
  kStaticMethod,
  kClassMethod,
  kSuper,
  kIterator,
  kGenerator,
  kDictView,
  kMappingProxy,
  kTensor,
  kDtype,
  kDevice,
  kSize /* torch.Size: a tuple too */,
  kOther /* further native kinds, told apart by class */,
};

struct Object {
  explicit Object(Kind k) : kind(k) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
  uint32_t references = 0;
  Kind kind;
};
/// Deletes an object nobody refers to; long chains are taken down in a loop, so that depth costs no stack.
void destroy(Object*) noexcept;

/// Objects that can be part of a cycle. Each stands in the list of the Interpreter that was current at its making,
/// which clears them all when it ends.
struct Container : Object {
  explicit Container(Kind k);
  ~Container() override;
  virtual void clear() {}  // drops what it refers to
  Container *heap_previous = nullptr, *heap_next = nullptr;
};

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* p) : p_(p) {
    if (p_) ++p_->references;
  }
  Ref(const Ref& o) : Ref(o.p_) {}
  Ref(Ref&& o) noexcept : p_(o.p_) { o.p_ = nullptr; }
  template <class U>
  Ref(const Ref<U>& o) : Ref(static_cast<T*>(o.get())) {}
  Ref& operator=(Ref o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Ref() {
    if (p_ && --p_->references == 0) destroy(p_);
  }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  T* release() { return std::exchange(p_, nullptr); }

 private:
  T* p_ = nullptr;
};
template <class T, class... A>
Ref<T> make(A&&... a) {
  return Ref<T>(new T(std::forward<A>(a)...));
}

class Value {
 public:
  enum class Tag : uint8_t { kUndefined, kNone, kBool, kInt, kFloat, kObject };

  Value() : tag_(Tag::kNone), int_(0) {}
  Value(bool b) : tag_(Tag::kBool), int_(b) {}
  Value(int i) : tag_(Tag::kInt), int_(i) {}
  Value(int64_t i) : tag_(Tag::kInt), int_(i) {}
  Value(double d) : tag_(Tag::kFloat), float_(d) {}
  template <class T>
  Value(const Ref<T>& r) : tag_(Tag::kObject), object_(r.get()) {
    ++object_->references;
  }
  template <class T>
  Value(Ref<T>&& r) : tag_(Tag::kObject), object_(r.release()) {}
  explicit Value(Object* o) : tag_(Tag::kObject), object_(o) { ++o->references; }
  Value(const Value& o) : tag_(o.tag_), int_(o.int_) {
    if (tag_ == Tag::kObject) ++object_->references;
  }
  Value(Value&& o) noexcept : tag_(o.tag_), int_(o.int_) { o.tag_ = Tag::kNone; }
  Value& operator=(Value o) noexcept {
    std::swap(tag_, o.tag_);
    std::swap(int_, o.int_);
    return *this;
  }
  ~Value() {
    if (tag_ == Tag::kObject && --object_->references == 0) destroy(object_);
  }
  Value(const char*) = delete;  // strings are made by Interpreter::str or make_str

  /// "No such thing": an unbound slot, an absent attribute, an exhausted iterator, NotImplemented from a hook.
  static Value undefined() {
    Value v;
    v.tag_ = Tag::kUndefined;
    return v;
  }
  bool defined() const { return tag_ != Tag::kUndefined; }
  Tag tag() const { return tag_; }
  bool is_none() const { return tag_ == Tag::kNone; }
  bool is_bool() const { return tag_ == Tag::kBool; }
  bool is_int() const { return tag_ == Tag::kInt; }           // not bool
  bool is_integral() const { return is_int() || is_bool(); }  // as Python: bool is an int
  bool is_float() const { return tag_ == Tag::kFloat; }
  bool is_object() const { return tag_ == Tag::kObject; }
  bool is(Kind k) const { return tag_ == Tag::kObject && object_->kind == k; }
  bool as_bool() const { return int_ != 0; }
  int64_t as_int() const { return int_; }
  double as_float() const { return float_; }
  Object* object() const { return object_; }
  template <class T>
  T& as() const {
    return *static_cast<T*>(object_);
  }
  template <class T>
  Ref<T> ref() const {
    return Ref<T>(static_cast<T*>(object_));
  }
  /// `is`
  bool same(const Value& o) const { return tag_ == o.tag_ && (tag_ == Tag::kNone || int_ == o.int_); }

 private:
  Tag tag_;
  union {
    int64_t int_;
    double float_;
    Object* object_;
  };
};

struct Dict;

struct Str : Object {
  explicit Str(std::string s) : Object(Kind::kStr), text(std::move(s)) {}
  std::string text;       // UTF-8
  size_t hash = 0;        // 0: not yet computed
  bool interned = false;  // names are: equal names of interned strings are equal pointers
};
struct Bytes : Object {
  explicit Bytes(std::string s) : Object(Kind::kBytes), data(std::move(s)) {}
  std::string data;
};
struct Tuple : Object {
  explicit Tuple(std::vector<Value> v, Kind k = Kind::kTuple) : Object(k), items(std::move(v)) {}
  std::vector<Value> items;
  Ref<Class> named;  // a namedtuple or torch.return_types class, else null
};
struct List : Container {
  explicit List(std::vector<Value> v = {}) : Container(Kind::kList), items(std::move(v)) {}
  void clear() override;
  std::vector<Value> items;
  Ref<Class> subclass;   // a class of the language derived from list, else null
  Ref<Dict> attributes;  // of such an object
};
struct Slice : Object {
  Slice(Value a, Value b, Value c) : Object(Kind::kSlice), start(a), stop(b), step(c) {}
  Value start, stop, step;
};
struct Cell : Container {
  Cell() : Container(Kind::kCell), value(Value::undefined()) {}
  void clear() override { value = Value::undefined(); }
  Value value;
};

/// Insertion-ordered hash table. Keys hash and compare as in Python (1 == 1.0 == True). Small tables are scanned.
struct Dict : Container {
  Dict() : Container(Kind::kDict) {}
  struct Entry {
    size_t hash;
    Value key, value;
  };  // key undefined: deleted
  /// nullptr when absent.
  Value* find(Interpreter&, const Value& key);
  Value* find(const Str* interned_name);  // attribute and global lookup, by pointer
  void set(Interpreter&, const Value& key, Value value);
  void set(const Ref<Str>& interned_name, Value value);
  bool erase(Interpreter&, const Value& key);
  bool erase(const Str* interned_name);
  void clear() override;
  size_t size() const { return live_; }
  const std::vector<Entry>& entries() const { return entries_; }  // in order; skip undefined keys
  Ref<Class> subclass;  // OrderedDict, defaultdict, Counter …; null for dict
  Value default_factory = Value::undefined();
  Ref<Dict> attributes;  // of an object of such a class
  /// Changes whenever a key comes or goes or entries move: an index into entries() holds while it is the same.
  uint32_t layout() const { return layout_; }
  Entry& entry(size_t i) { return entries_[i]; }

 private:
  std::vector<Entry> entries_;
  std::vector<int32_t> index_;  // open addressing into entries_, empty while small
  size_t live_ = 0;
  uint32_t layout_ = 0;
  Entry* lookup(Interpreter*, size_t hash, const Value& key);
  void insert(size_t hash, Value key, Value value);
  void remove(Entry*);
  void place(size_t position);
  void rebuild();
};

/// What a call passes. Keywords are interned names. Three positionals more than were given read as undefined.
struct Arguments {
  std::span<const Value> positional;
  std::span<const std::pair<Ref<Str>, Value>> keywords;
};
using NativeFunction = std::function<Value(Interpreter&, const Arguments&)>;

/// A function written in C++. In a class's table it is a method: self comes first.
struct Native : Object {
  Native(std::string n, NativeFunction f) : Object(Kind::kNative), name(std::move(n)), function(std::move(f)) {}
  std::string name;
  NativeFunction function;
  bool is_method = false;  // binds self also when it stands in a class of the language; set by Interpreter::method
};
struct BoundMethod : Object {
  BoundMethod(Value s, Value f) : Object(Kind::kBoundMethod), self(std::move(s)), function(std::move(f)) {}
  Value self, function;
};
struct Property : Object {
  Property() : Object(Kind::kProperty) {}
  Value getter, setter, deleter;
};

/// A class, of the language (its body ran) or native (`native_kind` set; made by Interpreter::native_class).
struct Instance;
struct Class : Container {
  Class() : Container(Kind::kClass) {}
  ~Class() override;
  void clear() override;
  std::string name, module;
  std::vector<Ref<Class>> bases;
  std::vector<Class*> mro;  // C3, self first; the classes are kept alive by bases
  Ref<Dict> attributes;
  std::optional<Kind> native_kind;  // instances are such objects, not Instance
  NativeFunction construct;         // Class(...) of a native class; receives the class first
  bool is_nn_module = false;        // nn.Module is among mro
  bool is_exception = false;
  uint32_t version = 0;                         // bumped on change; call-site caches check it
  Value* find(const Str* interned_name) const;  // along mro; nullptr when absent
  std::vector<Class*> subclasses;               // direct ones, alive
  /// Asked before an attribute of an Instance is stored; true: it did so itself. Inherited along mro.
  bool (*on_set_attribute)(Interpreter&, Instance&, const Ref<Str>& name, const Value& value) = nullptr;
  /// Makes the object that __init__ then fills, for a class of the language too. Inherited along mro; from `object` an
  /// Instance. Null: `construct` does it all.
  Value (*allocate)(Interpreter&, const Ref<Class>&) = nullptr;
  bool accepts_attributes = true;  // its own may be set by the language (native classes: no)
  bool checks_abstract = false;    // derived from abc.ABC
  bool is_abstract = false;        // … and has abstract methods: cannot be instantiated
};
struct Instance : Container {
  explicit Instance(Ref<Class> c) : Container(Kind::kInstance), type(std::move(c)), attributes(make<Dict>()) {}
  void clear() override { extra.reset(); }
  Ref<Class> type;
  Ref<Dict> attributes;         // for an nn.Module also its parameters, buffers and children, in order
  std::shared_ptr<void> extra;  // native part (nn.Module: names of buffers, training flag …)
};
struct ModuleObject : Container {
  explicit ModuleObject(std::string n) : Container(Kind::kModule), name(std::move(n)), attributes(make<Dict>()) {}
  std::string name, file;
  Ref<Dict> attributes;
};
/// Any iterator written in C++: next() gives Value::undefined() at the end. Lists, tuples and ranges are walked
/// without a call: `walks` says which, over `source` from `position`.
struct Iterator : Object {
  enum class Walks : uint8_t { kNothing, kList, kTuple, kRange };
  explicit Iterator(std::function<Value(Interpreter&)> f) : Object(Kind::kIterator), next(std::move(f)) {}
  Iterator(Walks w, Value s, int64_t from, int64_t to, int64_t by = 1)
      : Object(Kind::kIterator), walks(w), source(std::move(s)), position(from), stop(to), step(by) {}
  std::function<Value(Interpreter&)> next;
  Walks walks = Walks::kNothing;
  Value source;
  int64_t position = 0, stop = 0, step = 1;  // a range's remaining length is stop - position
  Ref<Class> named;                          // the class it shows as (zip, map …); null: iterator
};

/// What objects of a native kind do; null: a TypeError. Value::undefined() from binary/compare means NotImplemented.
/// Registered with Interpreter::set_hooks(kind, …). Methods and properties found in the kind's class come first;
/// get_attribute is asked after them.
struct Hooks {
  Value (*get_attribute)(Interpreter&, const Value& self, const Ref<Str>& name) = nullptr;  // undefined: AttributeError
  bool (*set_attribute)(Interpreter&, const Value& self, const Ref<Str>& name, const Value& value) = nullptr;
  Value (*binary)(Interpreter&, syntax::Op, const Value& left, const Value& right) = nullptr;  // either may be the kind
  Value (*in_place)(Interpreter&, syntax::Op, const Value& self, const Value& right) = nullptr;
  Value (*unary)(Interpreter&, syntax::Op, const Value& self) = nullptr;
  Value (*compare)(Interpreter&, syntax::Op, const Value& left, const Value& right) = nullptr;
  Value (*get_item)(Interpreter&, const Value& self, const Value& key) = nullptr;
  void (*set_item)(Interpreter&, const Value& self, const Value& key, const Value& value) = nullptr;
  bool (*contains)(Interpreter&, const Value& self, const Value& item) = nullptr;
  std::optional<bool> (*truth)(Interpreter&, const Value& self) = nullptr;
  int64_t (*length)(Interpreter&, const Value& self) = nullptr;
  Value (*iterate)(Interpreter&, const Value& self) = nullptr;
  std::string (*repr)(Interpreter&, const Value& self) = nullptr;
  std::string (*format)(Interpreter&, const Value& self, std::string_view spec) = nullptr;
  size_t (*hash)(Interpreter&, const Value& self) = nullptr;
};

/// The objects of Kind::kOther: each knows its class, and its hooks if its class has any.
struct Other : Object {
  explicit Other(Ref<Class> c, const Hooks* h = nullptr) : Object(Kind::kOther), type(std::move(c)), hooks(h) {}
  Ref<Class> type;
  const Hooks* hooks;
};

/// An exception of the language on its way through C++. `value` is an Instance of an exception class.
/// Derives from std::exception so that it survives the autograd engine.
struct Raised : std::exception {
  explicit Raised(Value v) : value(std::move(v)) {}
  const char* what() const noexcept override { return "an exception of the unit language"; }
  Value value;
};

}  // namespace gradus
