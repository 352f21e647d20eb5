#include <memory>
#include <mutex>
#include <unordered_map>

#include "unit/run/state.h"
#include "unit/syntax/parse.h"
#include "unit/syntax/scope.h"

/// Modules of the prelude, and running a source as a module.
namespace gradus {
namespace {

struct Parsed {
  explicit Parsed(std::string_view source, const std::string& file, const syntax::Limits& limits)
      : tree(syntax::parse(source, file, limits)), scopes(syntax::resolve(tree)) {}
  syntax::Module tree;
  syntax::Scopes scopes;
  std::shared_ptr<const Source> text;  // of a tree that is kept
};

/// The prelude's trees are kept for the process: every new world reads the same texts, parsing them was half of its
/// start, and most of their functions are never called (31 ms with torch.nn; 15 without parsing, 7 without compiling
/// either).
std::shared_ptr<const Parsed> parsed_prelude(std::string_view source, const std::string& file,
                                             const syntax::Limits& limits) {
  static std::mutex mutex;
  static std::unordered_map<const char*, std::shared_ptr<const Parsed>> kept;
  const std::lock_guard lock(mutex);
  auto& one = kept[source.data()];
  if (!one) {
    auto parsed = std::make_shared<Parsed>(source, file, limits);
    parsed->text = std::make_shared<const Source>(Source{file, parsed->tree.lines});
    one = parsed;
  }
  return one;
}

Ref<ModuleObject> run_parsed(Interpreter& i, const Parsed& parsed, const Ref<ModuleObject>& m) {
  Ref<Function> body = make<Function>(compile(i, parsed.tree, parsed.scopes, parsed.text));
  body->globals = m->attributes;
  m->attributes->set(i.state().names().doc, body->code->docstring);
  run_namespace(i, body, m->attributes);
  return m;
}

}  // namespace

Ref<ModuleObject> run_module(Interpreter& i, std::string_view source, const std::string& file,
                             const Ref<ModuleObject>& m) {
  return run_parsed(i, Parsed(source, file, i.limits().syntax), m);
}

void Interpreter::add_module(std::string name, Loader native) {
  state_->modules[std::move(name)] = {std::move(native), {}, false, {}};
}

void Interpreter::add_module(std::string name, std::string_view python_source) {
  state_->modules[std::move(name)] = {nullptr, python_source, true, {}};
}

void Interpreter::add_bare_name(std::string name, std::string module) {
  state_->bare_names[std::move(name)] = std::move(module);
}

void Interpreter::for_each_container(const std::function<void(Container&)>& visit) {
  const Container& end = state_->heap;
  for (Container* c = end.heap_next; c != &end; c = c->heap_next) visit(*c);
}

std::vector<std::string> Interpreter::known_modules() const {
  std::vector<std::string> names;
  for (const auto& [name, module] : state_->modules) names.push_back(name);
  return names;
}

namespace {

const char* refused(const std::string& top) {
  static const std::map<std::string, const char*> kReasons{
      {"io", "units have no file system"},      {"glob", "units have no file system"},
      {"shutil", "units have no file system"},  {"tempfile", "units have no file system"},
      {"subprocess", "units have no process"},  {"socket", "units have no network"},
      {"requests", "units have no network"},    {"urllib", "units have no network"},
      {"threading", "units run in one thread"}, {"multiprocessing", "units run in one thread"},
      {"asyncio", "units run in one thread"},   {"ctypes", "units are confined"},
      {"importlib", "units are confined"},      {"pickle", "units have no file system"},
      {"builtins", "units are confined"}};
  const auto at = kReasons.find(top);
  return at == kReasons.end() ? nullptr : at->second;
}

[[noreturn]] void no_module(Interpreter& i, const std::string& dotted) {
  const std::string top = dotted.substr(0, dotted.find('.'));
  std::string message = "No module named '" + dotted + "'";
  if (const char* reason = refused(top)) message += std::string(": not part of the unit language (") + reason + ")";
  raise_suggesting(i, "ModuleNotFoundError", message, refused(top) ? "" : suggestion(dotted, i.known_modules()));
}

Ref<ModuleObject> load(Interpreter& i, const std::string& dotted) {
  auto& modules = i.state().modules;
  const auto at = modules.find(dotted);
  if (at == modules.end()) {
    // A parent that was never declared: a.b of a.b.c.
    for (const auto& [name, known] : modules)
      if (name.size() > dotted.size() && name.compare(0, dotted.size() + 1, dotted + ".") == 0) {
        Ref<ModuleObject> m = make<ModuleObject>(dotted);
        modules[dotted] = {nullptr, {}, false, m};
        return m;
      }
    no_module(i, dotted);
  }
  Interpreter::State::Known& known = at->second;
  if (known.module) return known.module;
  known.module = make<ModuleObject>(dotted);
  Ref<ModuleObject> m = known.module;
  m->attributes->set(i.state().names().name, i.make_str(dotted));
  try {
    if (known.is_source) {
      struct Frameless {  // the prelude's own frames do not count as the unit's
        Interpreter::State& s;
        Value handled;
        ~Frameless() { s.handled = handled; }
      } frameless{i.state(), i.state().handled};
      m->file = "<" + dotted + ">";
      run_parsed(i, *parsed_prelude(known.source, m->file, i.limits().syntax), m);
    } else if (known.native) {
      known.native(i, *m);
    }
  } catch (...) {
    modules[dotted].module = nullptr;
    throw;
  }
  return m;
}

}  // namespace

Value import_module(Interpreter& i, const std::string& dotted, bool leaf) {
  Ref<ModuleObject> top, parent;
  for (size_t end = 0; end != std::string::npos;) {
    end = dotted.find('.', end + (end > 0));
    const std::string name = dotted.substr(0, end);
    Ref<ModuleObject> m;
    const Ref<Str> last = i.intern(name.substr(name.rfind('.') + 1));
    const Value* inside = parent ? parent->attributes->find(last.get()) : nullptr;
    if (inside && inside->is(Kind::kModule))
      m = inside->ref<ModuleObject>();
    else
      m = load(i, name);
    if (parent && !inside) parent->attributes->set(last, m);
    if (!top) top = m;
    parent = m;
  }
  return leaf ? parent : top;
}

Value Interpreter::import(std::string_view dotted) {
  Entry entry(*this);
  return import_module(*this, std::string(dotted), true);
}

Value import_from(Interpreter& i, const Value& module, const Ref<Str>& name) {
  ModuleObject& m = module.as<ModuleObject>();
  if (const Value* v = m.attributes->find(name.get())) return *v;
  const std::string dotted = m.name + "." + name->text;
  if (i.state().modules.count(dotted)) return import_module(i, dotted, true);
  const Value v = i.find_attribute(module, name);
  if (v.defined()) return v;
  std::vector<std::string> known;
  for (const auto& e : m.attributes->entries())
    if (e.key.is(Kind::kStr)) known.push_back(e.key.as<Str>().text);
  raise_suggesting(i, "ImportError", "cannot import name '" + name->text + "' from '" + m.name + "'",
                   suggestion(name->text, known));
}

void import_star(Interpreter& i, const Value& module, Dict& into) {
  ModuleObject& m = module.as<ModuleObject>();
  std::vector<Ref<Str>> names;
  if (const Value* all = m.attributes->find(i.intern("__all__").get())) {
    for (const Value& name : i.to_vector(*all)) {
      if (!name.is(Kind::kStr))
        i.raise("TypeError", "Item in " + m.name + ".__all__ must be str, not " + i.type_name(name));
      names.push_back(i.intern(name.as<Str>().text));
    }
  } else {
    for (const auto& e : m.attributes->entries())
      if (e.key.is(Kind::kStr) && !e.key.as<Str>().text.starts_with('_'))
        names.push_back(i.intern(e.key.as<Str>().text));
  }
  for (const Ref<Str>& name : names) into.set(name, i.get_attribute(module, name));
}

}  // namespace gradus
