#include "base/template.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/template_value.h"

namespace gradus {
namespace {

using namespace templates;

// A template is a list of pieces; a block holds pieces of its own.
struct Piece {
  enum class Kind { kText, kOutput, kIf, kFor, kSet } kind = Kind::kText;
  std::string text;                // kText; kSet: the name
  std::vector<Token> tokens;       // the expression
  std::vector<std::string> names;  // kFor: loop variables
  int line = 1;
  struct Branch {
    std::vector<Token> condition;  // empty: else
    int line = 1;
    std::vector<Piece> pieces;
  };
  std::vector<Branch> branches;  // kIf; kFor: the body, then for an empty list
};

struct Tag {
  enum class Kind { kText, kOutput, kStatement, kEnd } kind = Kind::kEnd;
  std::string text;
  int line = 1;
};

struct LineFault {
  int line;
  std::string text;
};

// Where the tag that began with '{' and `kind` closes; the size of the source if it does not. Braces in quotes are
// text.
size_t find_close(std::string_view source, size_t start, char kind) {
  const std::string_view close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
  char quote = 0;
  for (size_t end = start; end < source.size(); ++end) {
    const char c = source[end];
    if (quote && c == '\\') {
      ++end;
    } else if (quote) {
      if (c == quote) quote = 0;
    } else if (kind != '#' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (source.substr(end, 2) == close) {
      return end;
    }
  }
  return source.size();
}

// Where the next tag opens.
size_t find_open(std::string_view source) {
  size_t open = source.find('{');
  while (open != source.npos &&
         (open + 1 >= source.size() || std::string_view("{%#").find(source[open + 1]) == std::string_view::npos)) {
    open = source.find('{', open + 1);
  }
  return open;
}

// Text and tags; comments vanish; '-' at a brace eats the white space on that side; one last line break is dropped, as
// Jinja does.
std::vector<Tag> split_tags(std::string_view source) {
  if (source.ends_with('\n')) source.remove_suffix(1);
  std::vector<Tag> tags;
  int line = 1;
  bool trim_next = false;
  auto add_text = [&](std::string text, bool trim_end) {
    const int start = line;
    line += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    if (trim_next) text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (trim_end) text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (!text.empty()) tags.push_back({Tag::Kind::kText, std::move(text), start});
  };
  while (!source.empty()) {
    const size_t open = find_open(source);
    const bool trim_end = open != source.npos && open + 2 < source.size() && source[open + 2] == '-';
    add_text(std::string(source.substr(0, open)), trim_end);
    trim_next = false;
    if (open == source.npos) break;
    const char kind = source[open + 1];
    const size_t start = open + 2 + trim_end, end = find_close(source, start, kind);
    if (end >= source.size()) throw LineFault{line, "'{" + std::string(1, kind) + "' is not closed"};
    std::string inside(source.substr(start, end - start));
    if (!inside.empty() && inside.back() == '-') trim_next = true, inside.pop_back();
    if (kind != '#') tags.push_back({kind == '{' ? Tag::Kind::kOutput : Tag::Kind::kStatement, inside, line});
    line += static_cast<int>(std::count(inside.begin(), inside.end(), '\n'));
    source.remove_prefix(end + 2);
  }
  tags.push_back({Tag::Kind::kEnd, "", line});
  return tags;
}

class Parser {
 public:
  explicit Parser(std::vector<Tag> tags) : tags_(std::move(tags)) {}
  std::vector<Piece> parse() {
    auto pieces = block(0);
    const Tag& tag = tags_[at_];
    if (tag.kind != Tag::Kind::kEnd) throw LineFault{tag.line, "'" + word_ + "' without its beginning"};
    return pieces;
  }

 private:
  // Pieces up to a statement that ends or divides a block (its word in word_, the rest of it in rest_).
  std::vector<Piece> block(int depth) {
    if (depth > 100) throw LineFault{tags_[at_].line, "blocks nested deeper than 100"};
    std::vector<Piece> pieces;
    for (;; ++at_) {
      const Tag tag = tags_[at_];
      Piece piece;
      piece.line = tag.line;
      if (tag.kind == Tag::Kind::kEnd) return word_ = "", pieces;
      if (tag.kind == Tag::Kind::kText) {
        piece.text = tag.text;
      } else {
        rest_ = tokens(tag);
        if (tag.kind == Tag::Kind::kOutput) {
          piece.kind = Piece::Kind::kOutput;
          piece.tokens = rest_;
        } else {
          word_ = rest_[0].text;
          rest_.erase(rest_.begin());
          if (word_ == "if") {
            piece = parse_if(piece, depth);
          } else if (word_ == "for") {
            piece = parse_for(piece, depth);
          } else if (word_ == "set") {
            piece = parse_set(piece);
          } else {
            check_word(tag);
            return pieces;
          }
        }
      }
      pieces.push_back(std::move(piece));
    }
  }

  std::vector<Token> tokens(const Tag& tag) {
    try {
      return scan(tag.text);
    } catch (const Fault& fault) {
      throw LineFault{tag.line, fault.text};
    }
  }

  void check_word(const Tag& tag) {
    static const std::vector<std::string> known = {"if", "elif", "else", "endif", "for", "endfor", "set"};
    if (std::find(known.begin(), known.end(), word_) != known.end()) return;
    const std::string near = nearest(word_, known);
    throw LineFault{tag.line,
                    "unknown statement '" + word_ + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)")};
  }

  void body(Piece& piece, std::vector<Token> condition, int line, int depth) {
    ++at_;
    piece.branches.push_back({std::move(condition), line, {}});
    piece.branches.back().pieces = block(depth + 1);
  }

  Piece parse_if(Piece piece, int depth) {
    piece.kind = Piece::Kind::kIf;
    body(piece, rest_, piece.line, depth);
    while (word_ == "elif") body(piece, rest_, tags_[at_].line, depth);
    if (word_ == "else") body(piece, {}, tags_[at_].line, depth);
    if (word_ != "endif") throw LineFault{piece.line, "'if' without 'endif'"};
    return piece;
  }

  Piece parse_for(Piece piece, int depth) {
    piece.kind = Piece::Kind::kFor;
    size_t i = 0;
    while (i < rest_.size() && rest_[i].kind == Token::Kind::kName && rest_[i].text != "in") {
      piece.names.push_back(rest_[i++].text);
      if (rest_[i].text == ",") ++i;
    }
    if (piece.names.empty() || rest_[i].text != "in") throw LineFault{piece.line, "expected 'for NAME in LIST'"};
    piece.tokens.assign(rest_.begin() + static_cast<long>(i) + 1, rest_.end());
    body(piece, {}, piece.line, depth);
    if (word_ == "else") body(piece, {}, tags_[at_].line, depth);
    if (word_ != "endfor") throw LineFault{piece.line, "'for' without 'endfor'"};
    return piece;
  }

  Piece parse_set(Piece piece) {
    piece.kind = Piece::Kind::kSet;
    if (rest_.size() < 3 || rest_[0].kind != Token::Kind::kName || rest_[1].text != "=") {
      throw LineFault{piece.line, "expected 'set NAME = VALUE'"};
    }
    piece.text = rest_[0].text;
    piece.tokens.assign(rest_.begin() + 2, rest_.end());
    return piece;
  }

  std::vector<Tag> tags_;
  size_t at_ = 0;
  std::string word_;
  std::vector<Token> rest_;
};

class Renderer {
 public:
  explicit Renderer(const nlohmann::json& values) : values_(values) {}
  std::string out;

  void render(const std::vector<Piece>& pieces) {
    for (const Piece& piece : pieces) {
      switch (piece.kind) {
        case Piece::Kind::kText:
          out += piece.text;
          break;
        case Piece::Kind::kOutput:
          out += display(value(piece.tokens, piece.line));
          break;
        case Piece::Kind::kSet:
          scope_.emplace_back(piece.text, value(piece.tokens, piece.line));
          break;
        case Piece::Kind::kIf:
          choose(piece);
          break;
        case Piece::Kind::kFor:
          repeat(piece);
          break;
      }
    }
  }

 private:
  Json value(const std::vector<Token>& tokens, int line) {
    try {
      size_t at = 0;
      Json result = Expression::use(Expression(tokens, at, scope_, values_).evaluate());
      if (tokens[at].kind != Token::Kind::kEnd) throw Fault{"unexpected '" + tokens[at].text + "'"};
      return result;
    } catch (const Fault& fault) {
      throw LineFault{line, fault.text};
    } catch (const std::exception& fault) {  // a filter's argument of the wrong type
      throw LineFault{line, fault.what()};
    }
  }

  void choose(const Piece& piece) {
    for (const Piece::Branch& branch : piece.branches) {
      if (branch.condition.empty() || truth(value(branch.condition, branch.line))) return render(branch.pieces);
    }
  }

  void repeat(const Piece& piece) {
    Json list = value(piece.tokens, piece.line);
    if (list.is_object()) {
      Json keys = Json::array();
      for (const auto& item : list.items()) keys.push_back(item.key());
      list = std::move(keys);
    }
    if (!list.is_array()) throw LineFault{piece.line, "'for' needs a list, found " + display(list).substr(0, 40)};
    if (list.empty() && piece.branches.size() > 1) return render(piece.branches[1].pieces);
    const size_t outer = scope_.size();
    for (size_t i = 0; i < list.size(); ++i) {
      if (piece.names.size() == 1) {
        scope_.emplace_back(piece.names[0], list[i]);
      } else {
        if (!list[i].is_array() || list[i].size() != piece.names.size()) {
          throw LineFault{piece.line,
                          "item " + std::to_string(i) + " has not " + std::to_string(piece.names.size()) + " parts"};
        }
        for (size_t j = 0; j < piece.names.size(); ++j) scope_.emplace_back(piece.names[j], list[i][j]);
      }
      scope_.emplace_back("loop", Json{{"index0", i},
                                       {"index", i + 1},
                                       {"first", i == 0},
                                       {"last", i + 1 == list.size()},
                                       {"length", list.size()}});
      render(piece.branches[0].pieces);
      scope_.resize(outer);
    }
  }

  const nlohmann::json& values_;
  Scope scope_;
};

}  // namespace

std::string render_template(std::string_view text, const nlohmann::json& values, const std::string& name) {
  try {
    const std::vector<Piece> pieces = Parser(split_tags(text)).parse();
    Renderer renderer(values);
    renderer.render(pieces);
    return renderer.out;
  } catch (const LineFault& fault) {
    throw Error("cannot fill template '" + name + "': line " + std::to_string(fault.line) + ": " + fault.text);
  }
}

}  // namespace gradus
