/// The literature: cards of papers (data/library, and EXP/library/*.yaml of the users), searched by words. The index is
/// SQLite's FTS5 in memory, built when it is first asked: some hundred cards take milliseconds, and there is no file to
/// go stale.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"

struct sqlite3;

namespace gradus {

struct Card {
  std::string key;  // "gla"
  std::string title;
  int year = 0;
  std::string venue, authors;
  std::string semantic_scholar;        // its id there
  std::vector<std::string> builds_on;  // keys
  bool code = false;                   // public
  std::string summary;                 // our words, with the key equation; may be empty
  std::string basis;                   // of the summary: paper, code, memory
  template <class V>
  void fields(V& v) {
    v("key", key);
    v("title", title);
    v("year", year);
    v("venue", venue);
    v("authors", authors);
    v("semantic_scholar", semantic_scholar);
    v("builds_on", builds_on);
    v("code", code);
    v("summary", summary);
    v("basis", basis);
  }
};

class Library {
 public:
  /// `own`: a folder of cards, one a YAML file, that add to the built-in ones or replace those of the same key; need
  /// not exist. Error naming file and line.
  explicit Library(const Path& own = {});
  ~Library();

  const std::vector<Card>& cards() const { return cards_; }
  const Card* find(const std::string& key) const;
  /// The best first, by BM25 over title (weight 4), key (4), summary (2), authors and venue (1). Any text is a lawful
  /// query.
  std::vector<Card> search(const std::string& query, int n) const;

 private:
  void build() const;
  std::vector<Card> cards_;
  mutable std::unique_ptr<sqlite3, int (*)(sqlite3*)> index_;
};

}  // namespace gradus
