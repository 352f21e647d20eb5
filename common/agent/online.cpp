#include "agent/online.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/chat.h"
#include "agent/client.h"
#include "agent/http.h"
#include "base/config.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;

std::string escape_url(const std::string& text) {
  static const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || c == '-' || c == '.' || c == '_')
      out += c;
    else
      out += std::string("%") + kHex[u >> 4] + kHex[u & 15];
  }
  return out;
}

std::string address(const char* variable, const char* standard) {
  const char* own = std::getenv(variable);
  return own && *own ? own : standard;
}

/// "Gated Linear Attention …", 2023 → "gated_linear_attention_2023": the first words that tell it apart.
std::string key_of(const std::string& title, int year) {
  std::string out;
  int words = 0;
  for (const char c : title) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      out += char(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '_') {
      if (++words == 6) break;
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return (out.empty() ? "paper" : out) + "_" + std::to_string(year);
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? clean_utf8(found->get<std::string>()) : "";
}

std::string join_authors(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < 3; ++i) out += (i ? ", " : "") + names[i];
  return out + (names.size() > 3 ? ", et al." : "");
}

/// What stands between <name …> and </name>, from `at` on, which ends after it; entities resolved, white space joined.
std::string element(const std::string& xml, const std::string& name, size_t& at) {
  const size_t open = xml.find("<" + name, at);
  const size_t start = open == xml.npos ? open : xml.find('>', open);
  const size_t end = start == xml.npos ? start : xml.find("</" + name + ">", start);
  at = end;
  if (end == xml.npos) return "";
  std::string out;
  for (size_t i = start + 1; i < end; ++i) {
    if (std::isspace(static_cast<unsigned char>(xml[i]))) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      continue;
    }
    bool entity = false;
    for (const auto& [code, letter] :
         {std::pair{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}})
      if (!entity && xml.compare(i, std::string(code).size(), code) == 0)
        out += letter, i += std::string(code).size() - 1, entity = true;
    if (!entity) out += xml[i];
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string fetch(const std::string& url, const TransportSettings& transport) {
  for (int attempt = 1;; ++attempt) {
    const HttpAnswer answer =
        exchange({url, std::nullopt, {"Accept: application/json, application/atom+xml"}, {}}, transport);
    if (answer.fault == HttpAnswer::Fault::kStopped) throw Stopped();
    if (answer.fault == HttpAnswer::Fault::kNone && answer.status == 200) return answer.body;
    const std::string what =
        answer.fault != HttpAnswer::Fault::kNone
            ? answer.text
            : "status " + std::to_string(answer.status) + ": " + clean_utf8(answer.body.substr(0, 200));
    const bool again = answer.fault != HttpAnswer::Fault::kNone || answer.status == 429 || answer.status >= 500;
    if (!again || attempt >= transport.attempts)
      throw Error("cannot search '" + url.substr(0, url.find('?')) + "': " + what);
    const double wait = std::min(std::max(answer.retry_after.value_or(0), transport.backoff_seconds * attempt),
                                 transport.longest_wait_seconds);
    log_info(what + "; again in " + format_duration(wait));
    if (!sleep_unless_stopped(wait)) throw Stopped();
  }
}

}  // namespace

std::vector<Card> read_semantic_scholar(const std::string& text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("total"))
    throw Error("Semantic Scholar answers in another form than is known here");
  std::vector<Card> out;
  if (!document.contains("data") || !document["data"].is_array()) return out;
  for (const json& paper : document["data"]) {
    if (!paper.is_object() || text_of(paper, "title").empty()) continue;
    Card c;
    c.title = text_of(paper, "title"), c.venue = text_of(paper, "venue"),
    c.semantic_scholar = text_of(paper, "paperId");
    if (paper.contains("year") && paper["year"].is_number_integer()) c.year = paper["year"];
    std::vector<std::string> names;
    if (paper.contains("authors") && paper["authors"].is_array())
      for (const json& author : paper["authors"])
        if (author.is_object()) names.push_back(text_of(author, "name"));
    c.authors = join_authors(names);
    c.summary = text_of(paper, "abstract"), c.basis = c.summary.empty() ? "" : "abstract";
    c.key = key_of(c.title, c.year);
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<Card> read_arxiv(const std::string& text) {
  if (text.find("<feed") == text.npos) throw Error("arXiv answers in another form than is known here");
  const std::string atom = clean_utf8(text);
  std::vector<Card> out;
  for (size_t at = 0; (at = atom.find("<entry>", at)) != atom.npos;) {
    const size_t end = std::min(atom.find("</entry>", at), atom.size());
    const std::string entry = atom.substr(at, end - at);
    at = end;
    Card c;
    size_t from = 0;
    c.title = element(entry, "title", from);
    c.year = std::atoi(element(entry, "published", from = 0).substr(0, 4).c_str());
    c.summary = element(entry, "summary", from = 0), c.basis = c.summary.empty() ? "" : "abstract";
    c.venue = "arXiv.org";
    std::vector<std::string> names;
    for (from = 0; from != entry.npos;)
      if (const std::string name = element(entry, "name", from); !name.empty()) names.push_back(name);
    c.authors = join_authors(names);
    c.key = key_of(c.title, c.year);
    if (!c.title.empty()) out.push_back(std::move(c));
  }
  return out;
}

std::vector<Card> search_online(const std::string& where, const std::string& words, int n, const Path& cache,
                                const TransportSettings& transport) {
  const std::string query = escape_url(words), most = std::to_string(n);
  std::string url;
  if (where == "semantic-scholar")
    url = address("GRADUS_SEMANTIC_SCHOLAR_URL", "https://api.semanticscholar.org/graph/v1") +
          "/paper/search?query=" + query + "&limit=" + most + "&fields=title,year,venue,authors,abstract";
  else if (where == "arxiv")
    url = address("GRADUS_ARXIV_URL", "https://export.arxiv.org/api") + "/query?search_query=all:" + query +
          "&max_results=" + most;
  else
    throw UsageError("--online '" + where + "': expected semantic-scholar or arxiv");
  const auto read = where == "arxiv" ? read_arxiv : read_semantic_scholar;
  const Path kept = cache / (hash_hex16(url) + ".txt");
  if (const auto body = read_file_if_exists(kept)) return read(*body);
  const std::string body = fetch(url, transport);
  std::vector<Card> cards = read(body);  // what cannot be read, such as a login page, is not kept
  write_file(kept, body);
  return cards;
}

int add_cards(const std::vector<Card>& cards, const Path& folder) {
  const Library known(folder);
  std::set<std::string> keys, titles;
  for (const Card& card : known.cards()) keys.insert(card.key), titles.insert(card.title);
  int added = 0;
  for (const Card& card : cards) {
    if (keys.count(card.key) || titles.count(card.title)) continue;
    keys.insert(card.key), titles.insert(card.title);
    write_file(folder / (card.key + ".yaml"), to_yaml(write_value(card)));
    ++added;
  }
  return added;
}

}  // namespace gradus
