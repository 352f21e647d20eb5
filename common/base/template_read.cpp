#include <algorithm>

#include "base/error.h"
#include "base/template_piece.h"
#include "base/unicode.h"

namespace gradus::templates {
namespace {

struct Tag {
  enum class Kind { kText, kOutput, kStatement, kEnd } kind = Kind::kEnd;
  std::string text;
  int line = 1;
};

constexpr const char* kSpace = " \t\r\n\v\f";

// Where the tag that began with '{' and `kind` closes; the size of the source if it does not. Braces in quotes are
// text.
size_t find_close(std::string_view source, size_t start, char kind) {
  const std::string_view close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
  char quote = 0;
  int depth = 0;  // of mappings: `{{ {'a': {}} }}`
  for (size_t end = start; end < source.size(); ++end) {
    const char c = source[end];
    if (quote && c == '\\') {
      ++end;
    } else if (quote) {
      if (c == quote) quote = 0;
    } else if (kind != '#' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (kind == '{' && c == '{') {
      ++depth;
    } else if (kind == '{' && c == '}' && depth > 0) {
      --depth;
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

// Text and tags; comments vanish; '-' at a brace eats the white space on that side.
class Cutter {
 public:
  explicit Cutter(std::string_view source) : source_(source) {}

  std::vector<Tag> cut() {
    while (!source_.empty()) {
      const size_t open = find_open(source_);
      const char mark = open != source_.npos && open + 2 < source_.size() ? source_[open + 2] : ' ';
      add_text(source_.substr(0, open), mark == '-');
      trim_next_ = false;
      if (open == source_.npos) break;
      const char kind = source_[open + 1];
      const size_t start = open + 2 + (mark == '-' || (mark == '+' && kind != '{'));
      const size_t end = find_close(source_, start, kind);
      if (end >= source_.size()) throw LineFault{line_, "'{" + std::string(1, kind) + "' is not closed"};
      std::string inside(source_.substr(start, end - start));
      const bool trims = !inside.empty() && inside.back() == '-';
      if (trims || (!inside.empty() && inside.back() == '+' && kind != '{')) inside.pop_back();
      trim_next_ = trims;
      source_.remove_prefix(end + 2);
      if (kind == '%' && strip(inside) == "raw") {
        add_raw();
      } else {
        if (kind != '#') tags_.push_back({kind == '{' ? Tag::Kind::kOutput : Tag::Kind::kStatement, inside, line_});
        line_ += static_cast<int>(std::count(inside.begin(), inside.end(), '\n'));
      }
    }
    tags_.push_back({Tag::Kind::kEnd, "", line_});
    return std::move(tags_);
  }

 private:
  void add_text(std::string_view part, bool trim_end) {
    std::string text(part);
    const int start = line_;
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    if (trim_next_) text.erase(0, std::min(text.find_first_not_of(kSpace), text.size()));
    if (trim_end) text.erase(text.find_last_not_of(kSpace) + 1);
    if (!text.empty()) tags_.push_back({Tag::Kind::kText, std::move(text), start});
  }

  void add_raw() {
    const int start = line_;
    for (size_t open = source_.find("{%"); open != source_.npos; open = source_.find("{%", open + 2)) {
      const size_t close = source_.find("%}", open);
      std::string word(strip(source_.substr(open + 2, close == source_.npos ? close : close - open - 2)));
      const bool trims_before = word.starts_with('-'), trims_after = word.ends_with('-');
      if (trims_before) word.erase(0, 1);
      if (trims_after) word.pop_back();
      if (close == source_.npos || strip(word) != "endraw") continue;
      add_text(source_.substr(0, open), trims_before);
      trim_next_ = trims_after;
      return source_.remove_prefix(close + 2);
    }
    throw LineFault{start, "'raw' without 'endraw'"};
  }

  std::string_view source_;
  std::vector<Tag> tags_;
  int line_ = 1;
  bool trim_next_ = false;
};

class Reader {
 public:
  explicit Reader(std::vector<Tag> tags) : tags_(std::move(tags)) {}
  std::vector<Piece> read() {
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
      } else if (!statement(tag, piece, depth)) {
        return pieces;
      }
      pieces.push_back(std::move(piece));
    }
  }

  // False: it ends or divides a block.
  bool statement(const Tag& tag, Piece& piece, int depth) {
    scan_tag(tag);
    if (tag.kind == Tag::Kind::kOutput) {
      piece.kind = Piece::Kind::kOutput;
      piece.expression = expression(tag.line, true);
      return true;
    }
    word_ = rest_[0].text;
    rest_.erase(rest_.begin());
    if (word_ == "if") return read_if(piece, depth), true;
    if (word_ == "for") return read_for(piece, depth), true;
    if (word_ == "set") return read_set(piece, depth), true;
    check_word(tag);
    return false;
  }

  void scan_tag(const Tag& tag) {
    try {
      rest_ = scan(tag.text);
    } catch (const Fault& fault) {
      throw LineFault{tag.line, fault.text};
    }
    if (rest_.size() > 4000) throw LineFault{tag.line, "an expression of more than 4000 words"};
  }

  // All of rest_ from its token `at` on; up to the word `if` of a loop with `part`.
  Node expression(int line, bool list = false, size_t* part = nullptr) {
    size_t at = part ? *part : 0;
    try {
      Node node = parse_expression(rest_, at, list);
      if (part) {
        *part = at;
      } else if (rest_[at].kind != Token::Kind::kEnd) {
        throw Fault{"unexpected '" + rest_[at].text + "'"};
      }
      return node;
    } catch (const Fault& fault) {
      throw LineFault{line, fault.text};
    } catch (const nlohmann::json::exception&) {
      throw LineFault{line, "a number that cannot be read"};
    }
  }

  void check_word(const Tag& tag) {
    static const std::vector<std::string> known = {"if",     "elif", "else",   "endif", "for",
                                                   "endfor", "set",  "endset", "raw",   "endraw"};
    if (std::find(known.begin(), known.end(), word_) != known.end()) {
      if (word_ == "elif" || rest_[0].kind == Token::Kind::kEnd) return;
      throw LineFault{tag.line, "unexpected '" + rest_[0].text + "' after '" + word_ + "'"};
    }
    const std::string near = nearest(word_, known);
    throw LineFault{tag.line,
                    "unknown statement '" + word_ + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)")};
  }

  void body(Piece& piece, std::vector<Node> condition, int line, int depth) {
    ++at_;
    piece.branches.push_back({std::move(condition), line, {}});
    piece.branches.back().pieces = block(depth + 1);
  }

  void read_if(Piece& piece, int depth) {
    piece.kind = Piece::Kind::kIf;
    body(piece, {expression(piece.line)}, piece.line, depth);
    while (word_ == "elif") body(piece, {expression(tags_[at_].line)}, tags_[at_].line, depth);
    if (word_ == "else") body(piece, {}, tags_[at_].line, depth);
    if (word_ != "endif") throw LineFault{piece.line, "'if' without 'endif'"};
  }

  // `a` or `a, b`; `at` ends after them.
  std::vector<std::string> names(size_t& at) const {
    std::vector<std::string> out;
    while (rest_[at].kind == Token::Kind::kName && rest_[at].text != "in") {
      out.push_back(rest_[at++].text);
      if (rest_[at].text == "," && rest_[at].kind == Token::Kind::kSymbol) ++at;
    }
    return out;
  }

  void read_for(Piece& piece, int depth) {
    piece.kind = Piece::Kind::kFor;
    const bool bracket = rest_[0].kind == Token::Kind::kSymbol && rest_[0].text == "(";  // for (a, b) in
    size_t at = bracket;
    piece.names = names(at);
    at += bracket && rest_[at].text == ")";
    if (piece.names.empty() || rest_[at].text != "in") throw LineFault{piece.line, "expected 'for NAME in LIST'"};
    ++at;
    const auto divide = std::find_if(rest_.begin() + static_cast<long>(at), rest_.end(),
                                     [](const Token& t) { return t.kind == Token::Kind::kName && t.text == "if"; });
    // `for x in list if condition`, which is no `a if b else c`.
    const bool filtered = divide != rest_.end() && std::none_of(divide, rest_.end(), [](const Token& t) {
                            return t.kind == Token::Kind::kName && t.text == "else";
                          });
    if (filtered) {
      const std::vector<Token> condition(divide + 1, rest_.end());
      rest_.erase(divide, rest_.end());
      rest_.insert(rest_.end(), 2, Token{});
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<long>(at));
      piece.expression = expression(piece.line, true);
      rest_ = condition;
      piece.condition.push_back(expression(piece.line));
    } else {
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<long>(at));
      piece.expression = expression(piece.line, true);
    }
    body(piece, {}, piece.line, depth);
    if (word_ == "else") body(piece, {}, tags_[at_].line, depth);
    if (word_ != "endfor") throw LineFault{piece.line, "'for' without 'endfor'"};
  }

  void read_set(Piece& piece, int depth) {
    piece.kind = Piece::Kind::kSet;
    size_t at = 0;
    piece.names = names(at);
    if (piece.names.size() == 1 && rest_[at].text == "." && rest_[at + 1].kind == Token::Kind::kName) {
      piece.dotted = true;
      piece.names.push_back(rest_[at + 1].text);
      at += 2;
    }
    const LineFault fault{piece.line, "expected 'set NAME = VALUE'"};
    if (piece.names.empty()) throw fault;
    if (rest_[at].kind == Token::Kind::kEnd) {
      body(piece, {}, piece.line, depth);
      if (word_ != "endset") throw LineFault{piece.line, "'set' without 'endset', or without '= VALUE'"};
      return;
    }
    if (rest_[at].text != "=") throw fault;
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<long>(at) + 1);
    piece.expression = expression(piece.line, true);
  }

  std::vector<Tag> tags_;
  size_t at_ = 0;
  std::string word_;
  std::vector<Token> rest_;
};

}  // namespace

std::vector<Piece> read_template(std::string_view text, bool keep_last_newline) {
  if (!keep_last_newline && text.ends_with('\n')) text.remove_suffix(1);
  return Reader(Cutter(text).cut()).read();
}

}  // namespace gradus::templates
