// A plain PyTorch file as a tree: classes that are defaults of keyword-only constructor arguments become units of
// their own, each with the helpers and imports it needs.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "design/import_inside.h"

namespace gradus::import_inside {
namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

/// What is put into a slot: partial(Attention, n_heads=8, rotary=Rotary).
struct Filler {
  const Stmt* unit = nullptr;
  std::map<std::string, nlohmann::json> arguments;
  std::map<std::string, Filler> slots;
};

struct Slot {
  std::optional<Filler> filler;
  const syntax::Parameter* parameter = nullptr;
};

std::string lower(const std::string& name) {
  std::string out;
  for (char c : name)
    if (c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

class Cutter {
 public:
  Cutter(const SourceText& file, Import& out) : file_(file), out_(out) {}
  void run();

 private:
  bool is_module(const Stmt& s) const;
  std::optional<Filler> read_filler(const Expr& e) const;
  std::map<std::string, Slot> slots_of(const Filler& unit) const;
  UnitNode cut(const Filler& unit);
  std::string unit_text(const Stmt& unit, const std::map<std::string, Slot>& slots) const;
  nlohmann::json interface_of(const Stmt& filler) const;

  const SourceText& file_;
  Import& out_;
  std::vector<const Stmt*> inside_;  // units being cut, outermost first
};

bool Cutter::is_module(const Stmt& s) const {
  if (s.kind != StmtKind::kClass) return false;
  for (const std::string& base : file_.bases(s))
    if (base.ends_with("Module") || base.starts_with("nn.") || base.starts_with("torch.nn.")) return true;
  return false;
}

std::optional<Filler> Cutter::read_filler(const Expr& e) const {
  if (e.kind == ExprKind::kName) {
    const Stmt* unit = file_.find_class(e.text);
    return unit && is_module(*unit) ? std::optional(Filler{unit, {}, {}}) : std::nullopt;
  }
  if (e.kind != ExprKind::kCall || e.items.size() != 1) return std::nullopt;
  const std::string called = dotted_name(*e.operand);
  if (called != "partial" && called != "functools.partial") return std::nullopt;
  std::optional<Filler> out = read_filler(*e.items[0]);
  for (const syntax::Keyword& k : e.keywords) {
    if (!out || k.name.empty()) return std::nullopt;
    if (const auto inner = read_filler(*k.value)) {
      out->slots[k.name] = *inner;
    } else if (const auto value = read_literal(*k.value); value && !value->is_object()) {
      out->arguments[k.name] = *value;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

/// Those that SLOTS names; without SLOTS the keyword-only arguments whose default is a class of the file.
std::map<std::string, Slot> Cutter::slots_of(const Filler& unit) const {
  std::map<std::string, Slot> out;
  const Expr* declared = find_assigned(unit.unit->body, "SLOTS");
  const auto names = declared ? read_literal(*declared) : std::nullopt;
  if (names && names->is_object())
    for (const auto& [name, fields] : names->items()) out[name];
  for (const auto& s : unit.unit->body) {
    if (s->kind != StmtKind::kFunction || s->name != "__init__") continue;
    for (const syntax::Parameter& p : s->parameters->keyword_only) {
      auto filler = p.default_value ? read_filler(*p.default_value) : std::nullopt;
      if (!out.count(p.name) && (declared || !filler)) continue;
      out[p.name] = {std::move(filler), &p};
    }
  }
  for (auto& [name, slot] : out) {
    if (const auto given = unit.slots.find(name); given != unit.slots.end()) slot.filler = given->second;
    for (const Statement& s : file_.statements())
      if (!slot.filler && s.node != unit.unit && is_module(*s.node) && lower(s.node->name) == lower(name))
        slot.filler = Filler{s.node, {}, {}};
  }
  return out;
}

/// What a slot says of its filler, from the filler's class: its KIND, the inputs after x, OUT.
nlohmann::json Cutter::interface_of(const Stmt& filler) const {
  const auto literal = [&](const char* name) {
    const Expr* value = find_assigned(filler.body, name);
    return value ? read_literal(*value) : std::nullopt;
  };
  nlohmann::json out = nlohmann::json::object();
  out["kind"] = literal("KIND").value_or("sequence");
  if (const Stmt* forward = file_.find_method(filler, "forward")) {
    auto parameters = parameters_of(*forward);
    if (out["kind"] != "function" && !parameters.empty()) parameters.erase(parameters.begin());
    for (const syntax::Parameter* p : parameters) out["in"].push_back(p->name + (p->default_value ? "?" : ""));
  }
  if (const auto names = literal("OUT")) out["out"] = *names;
  return out;
}

/// The file with the slots' defaults taken out and SLOTS put in, then only what the class needs, the class last.
std::string Cutter::unit_text(const Stmt& unit, const std::map<std::string, Slot>& slots) const {
  std::string text = file_.text();
  nlohmann::json declared = nlohmann::json::object();
  std::vector<std::pair<size_t, size_t>> defaults;
  for (const auto& [name, slot] : slots) {
    if (slot.filler) declared[name] = interface_of(*slot.filler->unit);
    if (!slot.filler || !slot.parameter || !slot.parameter->default_value) continue;
    const syntax::Span &p = slot.parameter->span, &d = slot.parameter->default_value->span;
    defaults.emplace_back(file_.offset(p.end_line, p.end_column), file_.offset(d.end_line, d.end_column));
  }
  std::sort(defaults.rbegin(), defaults.rend());
  for (const auto& [begin, end] : defaults) text.erase(begin, end - begin);
  if (!slots.empty() && !find_assigned(unit.body, "SLOTS")) {  // ahead of __init__, so no place has moved
    const auto* first = unit.body[0].get();
    const bool documented = first->kind == StmtKind::kExpr && first->value->kind == ExprKind::kString;
    if (documented && unit.body.size() > 1) first = unit.body[1].get();
    int line = first->span.line;
    for (const auto& d : first->decorators) line = std::min(line, d->span.line);
    const std::string indent(static_cast<size_t>(unit.body[0]->span.column), ' ');
    text.insert(file_.offset(line, 0), indent + "SLOTS = " + python_literal(declared) + "\n\n");
  }
  const SourceText edited(text, file_.file());
  const std::set<size_t> needed = edited.needs({unit.name});
  std::string head, tail, last;
  for (size_t i = 0; i < edited.statements().size(); ++i) {
    const Statement& s = edited.statements()[i];
    const bool future = s.node->kind == StmtKind::kImportFrom && s.node->name == "__future__";
    if (!needed.count(i) && !future) continue;
    const bool import = s.node->kind == StmtKind::kImport || s.node->kind == StmtKind::kImportFrom;
    if (s.node->kind == StmtKind::kClass && s.node->name == unit.name)
      last = "\n\n" + s.text + "\n";
    else if (import)
      head += s.text + "\n";
    else
      tail += (s.node->kind == StmtKind::kFunction || s.node->kind == StmtKind::kClass ? "\n\n" : "\n") + s.text + "\n";
  }
  return head + tail + last;
}

UnitNode Cutter::cut(const Filler& unit) {
  if (std::find(inside_.begin(), inside_.end(), unit.unit) != inside_.end())
    throw Error("cannot read '" + file_.file() + "': class " + unit.unit->name +
                " fills a slot inside itself: give that argument another default");
  inside_.push_back(unit.unit);
  const auto slots = slots_of(unit);
  UnitNode node{"", unit.arguments, {}};
  bool cuts = inside_.size() > 1;
  for (const auto& [name, slot] : slots) {
    if (!slot.filler) {
      out_.open = true;
      continue;
    }
    cuts = true;
    node.slots[name] = cut(*slot.filler);
  }
  inside_.pop_back();
  node.unit = add_unit(out_, cuts ? unit_text(*unit.unit, slots) : file_.text(), unit.unit->name);
  return node;
}

void Cutter::run() {
  Filler root;
  for (const Statement& s : file_.statements())
    if (is_module(*s.node)) root.unit = s.node;
  if (!root.unit)
    throw Error("cannot read '" + file_.file() + "': no class that derives from nn.Module: the last one is the block");
  for (const Statement& s : file_.statements()) {  // block = partial(Block, mixer=Attention)
    if (s.node->kind != StmtKind::kAssign || s.node->value->kind != ExprKind::kCall) continue;
    const auto whole = read_filler(*s.node->value);
    if (whole && whole->unit == root.unit) root = *whole;
  }
  const Expr* declared = find_assigned(root.unit->body, "SLOTS");
  const auto names = declared ? read_literal(*declared) : std::nullopt;
  out_.open = declared && !names;
  out_.design.root = cut(root);
}

}  // namespace

void import_plain(const SourceText& file, Import& out) { Cutter(file, out).run(); }

}  // namespace gradus::import_inside
