#include "base/template.h"

#include <algorithm>

#include "base/error.h"
#include "base/template_piece.h"

namespace gradus {
namespace {

using namespace templates;

class Renderer {
 public:
  explicit Renderer(const Json& values) : scope_{values, {}} {}

  void render(const std::vector<Piece>& pieces, std::string& out) {
    for (const Piece& piece : pieces) {
      switch (piece.kind) {
        case Piece::Kind::kText:
          out += piece.text;
          break;
        case Piece::Kind::kOutput:
          out += text_of(value(piece.expression, piece.line));
          break;
        case Piece::Kind::kSet:
          assign(piece);
          break;
        case Piece::Kind::kIf:
          choose(piece, out);
          break;
        case Piece::Kind::kFor:
          repeat(piece, out);
          break;
      }
    }
  }

  Json value(const Node& node, int line) {
    try {
      return evaluate(node, scope_).use();
    } catch (const Fault& fault) {
      throw LineFault{line, fault.text};
    } catch (const std::exception& fault) {  // a filter's argument of the wrong type
      throw LineFault{line, fault.what()};
    }
  }

 private:
  void choose(const Piece& piece, std::string& out) {
    for (const Piece::Branch& branch : piece.branches) {
      if (branch.condition.empty() || truth(value(branch.condition[0], branch.line))) return render(branch.pieces, out);
    }
  }

  void assign(const Piece& piece) {
    Json what;
    if (piece.branches.empty()) {
      what = value(piece.expression, piece.line);
    } else {
      std::string text;
      const size_t outer = scope_.names.size();
      render(piece.branches[0].pieces, text);
      scope_.names.resize(outer);
      what = text;
    }
    if (!piece.dotted) return bind(piece, piece.names, what);
    for (auto it = scope_.names.rbegin(); it != scope_.names.rend(); ++it) {
      if (it->first != piece.names[0] || !it->second.is_object()) continue;
      it->second[piece.names[1]] = what;
      return;
    }
    throw LineFault{piece.line, "'" + piece.names[0] + "' is no namespace: {% set " + piece.names[0] + " = namespace(" +
                                    piece.names[1] + "=…) %}"};
  }

  void bind(const Piece& piece, const std::vector<std::string>& names, const Json& what) {
    if (names.size() == 1) return void(scope_.names.emplace_back(names[0], what));
    if (!what.is_array() || what.size() != names.size())
      throw LineFault{piece.line, display(what).substr(0, 40) + " has not " + std::to_string(names.size()) + " parts"};
    for (size_t i = 0; i < names.size(); ++i) scope_.names.emplace_back(names[i], what[i]);
  }

  // What is walked: items of a list, keys of a mapping, characters of a text; of them those the condition takes.
  Json walked(const Piece& piece) {
    const Json all = value(piece.expression, piece.line);
    if (!all.is_structured() && !all.is_string())
      throw LineFault{piece.line, "'for' needs a list, found " + display(all).substr(0, 40)};
    Json list = apply_list_filter("list", all, {}).value();
    if (piece.condition.empty()) return list;
    Json out = Json::array();
    const size_t outer = scope_.names.size();
    for (const Json& item : list) {
      bind(piece, piece.names, item);
      if (truth(value(piece.condition[0], piece.line))) out.push_back(item);
      scope_.names.resize(outer);
    }
    return out;
  }

  void repeat(const Piece& piece, std::string& out) {
    const Json list = walked(piece);
    const size_t outer = scope_.names.size(), n = list.size();
    if (n == 0 && piece.branches.size() > 1) return render(piece.branches[1].pieces, out);
    for (size_t i = 0; i < n; ++i) {
      bind(piece, piece.names, list[i]);
      Json loop{{"index0", i},       {"index", i + 1},  {"revindex0", n - 1 - i},
                {"revindex", n - i}, {"first", i == 0}, {"last", i + 1 == n},
                {"length", n}};
      if (i > 0) loop["previtem"] = list[i - 1];
      if (i + 1 < n) loop["nextitem"] = list[i + 1];
      scope_.names.emplace_back("loop", std::move(loop));
      render(piece.branches[0].pieces, out);
      scope_.names.resize(outer);
    }
  }

  Scope scope_;
};

}  // namespace

struct Template::State {
  std::string name;
  std::vector<Piece> pieces;

  template <class Work>
  auto named(const Work& work) const {
    try {
      return work();
    } catch (const LineFault& fault) {
      throw Error("cannot fill template '" + name + "': line " + std::to_string(fault.line) + ": " + fault.text);
    }
  }
};

Template::Template(std::string_view text, std::string name, bool keep_last_newline)
    : state_(new State{std::move(name), {}}) {
  state_->named([&] { state_->pieces = read_template(text, keep_last_newline); });
}
Template::~Template() = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;

std::string Template::render(const nlohmann::ordered_json& values) const {
  return state_->named([&] {
    std::string out;
    Renderer(values).render(state_->pieces, out);
    return out;
  });
}

nlohmann::ordered_json Template::value(const nlohmann::ordered_json& values) const {
  const auto& pieces = state_->pieces;
  if (pieces.size() != 1 || pieces[0].kind != Piece::Kind::kOutput) return render(values);
  return state_->named([&] { return Renderer(values).value(pieces[0].expression, pieces[0].line); });
}

std::string render_template(std::string_view text, const nlohmann::json& values, const std::string& name) {
  return Template(text, name).render(Json(values));
}

}  // namespace gradus
