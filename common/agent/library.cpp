#include "agent/library.h"

#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "agent/builtin.h"
#include "base/config.h"
#include "base/error.h"
#include "base/unicode.h"

namespace gradus {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    out.push_back(text.substr(start, end == text.npos ? end : end - start));
    if (end == text.npos) return out;
    start = end + 1;
  }
}

/// Lines of a built-in table, without its header.
std::vector<std::vector<std::string>> rows(const std::string& table) {
  std::vector<std::vector<std::string>> out;
  for (const auto& [name, text] : builtin_library()) {
    if (name != table) continue;
    for (const std::string& line : split(std::string(text), '\n'))
      if (!line.empty() && line[0] != '#') out.push_back(split(line, '\t'));
  }
  return out;
}

std::vector<Card> builtin_cards() {
  std::map<std::string, std::pair<std::string, std::string>> summaries;  // basis, text
  for (const auto& row : rows("summaries.tsv"))
    if (row.size() == 3) summaries[row[0]] = {row[1], row[2]};
  std::vector<Card> out;
  for (const auto& row : rows("papers.tsv")) {
    if (row.size() < 8) continue;
    Card c{row[0], row[1], std::atoi(row[2].c_str()), row[3], row[4], row[5], {}, row[7] == "code", "", ""};
    c.builds_on = split_words(row[6]);
    if (const auto s = summaries.find(c.key); s != summaries.end())
      c.basis = s->second.first, c.summary = s->second.second;
    out.push_back(std::move(c));
  }
  return out;
}

struct Statement {
  Statement(sqlite3* db, const char* sql) {
    if (::sqlite3_prepare_v2(db, sql, -1, &handle, nullptr) != SQLITE_OK)
      throw Error(std::string("SQLite: ") + ::sqlite3_errmsg(db) + ": a build with FTS5 is needed");
  }
  ~Statement() { ::sqlite3_finalize(handle); }
  void bind(int at, const std::string& text) {
    ::sqlite3_bind_text(handle, at, text.data(), int(text.size()), SQLITE_TRANSIENT);
  }
  sqlite3_stmt* handle = nullptr;
};

/// Words of a query, each quoted, so that nothing in it is an operator of FTS5: any of them may match.
std::string match_of(const std::string& query) {
  static const std::set<std::string> kEmpty{"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"};
  std::string out, word, phrase;
  int n = 0;
  const auto flush = [&] {
    if (!word.empty() && !kEmpty.count(word)) out += (out.empty() ? "\"" : " OR \"") + word + "\"", ++n;
    if (!word.empty()) phrase += (phrase.empty() ? "" : " ") + word;
    word.clear();
  };
  for (char c : query.substr(0, 2000)) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || u >= 0x80)
      word += char(std::tolower(u));
    else
      flush();
  }
  flush();
  return n >= 2 && n <= 8 ? "\"" + phrase + "\" OR " + out : out;  // the words as they stand count once more
}

}  // namespace

Library::Library(const Path& own) : cards_(builtin_cards()), index_(nullptr, ::sqlite3_close) {
  std::vector<Path> files;
  std::error_code none;
  if (!own.empty())
    for (const auto& entry : std::filesystem::directory_iterator(own, none))
      if (entry.path().extension() == ".yaml" && !is_temporary(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const Path& file : files) {
    Faults faults(file.string());
    Card card;
    const YAML::Node document = load_yaml(file);
    read_settings(document, card, faults, "");
    if (card.key.empty()) card.key = file.stem().string();
    for (std::string* text : {&card.key, &card.title, &card.summary})  // each is a column of --search, a line of a list
      std::replace_if(
          text->begin(), text->end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    if (card.title.empty()) faults.add(document, "a card needs a 'title'");
    faults.finish();
    const auto same = std::find_if(cards_.begin(), cards_.end(), [&](const Card& c) { return c.key == card.key; });
    if (same != cards_.end())
      *same = card;
    else
      cards_.push_back(card);
  }
}

Library::~Library() = default;

const Card* Library::find(const std::string& key) const {
  for (const Card& c : cards_)
    if (c.key == key) return &c;
  return nullptr;
}

void Library::build() const {
  sqlite3* db = nullptr;
  if (::sqlite3_open(":memory:", &db) != SQLITE_OK) throw Error("SQLite does not start");
  index_.reset(db);
  char* fault = nullptr;
  ::sqlite3_exec(
      db, "CREATE VIRTUAL TABLE cards USING fts5(title, key, summary, authors, venue, tokenize='porter unicode61')",
      nullptr, nullptr, &fault);
  const std::string words = fault ? fault : "";
  ::sqlite3_free(fault);
  if (!words.empty()) throw Error("SQLite: " + words + ": a build with FTS5 is needed");
  Statement insert(db, "INSERT INTO cards(rowid, title, key, summary, authors, venue) VALUES (?, ?, ?, ?, ?, ?)");
  for (size_t i = 0; i < cards_.size(); ++i) {
    const Card& c = cards_[i];
    ::sqlite3_bind_int64(insert.handle, 1, sqlite3_int64(i + 1));
    insert.bind(2, c.title), insert.bind(3, c.key), insert.bind(4, c.summary);
    insert.bind(5, c.authors), insert.bind(6, c.venue);
    require(::sqlite3_step(insert.handle) == SQLITE_DONE, "a card is indexed");
    ::sqlite3_reset(insert.handle);
  }
}

std::vector<Card> Library::search(const std::string& query, int n) const {
  const std::string match = match_of(query);
  if (match.empty() || n <= 0) return {};
  if (!index_) build();
  Statement select(index_.get(),
                   "SELECT rowid FROM cards WHERE cards MATCH ? ORDER BY bm25(cards, 4, 4, 2, 1, 1), rowid LIMIT ?");
  select.bind(1, match);
  ::sqlite3_bind_int(select.handle, 2, n);
  std::vector<Card> out;
  while (::sqlite3_step(select.handle) == SQLITE_ROW)
    out.push_back(cards_[size_t(::sqlite3_column_int64(select.handle, 0) - 1)]);
  return out;
}

}  // namespace gradus
