#include "eval/rows.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/error.h"
#include "train/text_files.h"

namespace gradus {
namespace {

using Json = nlohmann::ordered_json;

Error at_line(const Path& path, int64_t line, const std::string& why) {
  return Error("cannot read '" + path.string() + "': line " + std::to_string(line) + ": " + why);
}

std::string read_unpacked(const Path& path) {
  if (!std::filesystem::exists(path)) throw Error("cannot read '" + path.string() + "': no such file");
  if (path.extension() != ".gz") return read_file(path);
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw Error("cannot read '" + path.string() + "'");
  std::string out, block(1 << 16, '\0');
  for (;;) {
    const int n = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
    int code = Z_OK;
    gzerror(file.get(), &code);
    if (n < 0 || (n == 0 && code != Z_OK && code != Z_STREAM_END))
      throw Error("cannot read '" + path.string() + "': the compressed file is damaged or cut short");
    if (n == 0) return out;
    out.append(block, 0, static_cast<size_t>(n));
  }
}

// nlohmann's message ends with what is wrong: "…: syntax error while parsing value - …".
std::string reason_of(const nlohmann::json::exception& e) {
  const std::string text = e.what();
  const size_t at = text.find("syntax error");
  return at == text.npos ? text : text.substr(at);
}

std::vector<Row> read_json_lines(const Path& path, const std::string& text, size_t limit) {
  std::vector<Row> rows;
  int64_t line = 0;
  for (size_t start = 0; start < text.size() && (limit == 0 || rows.size() < limit);) {
    const size_t end = std::min(text.find('\n', start), text.size());
    ++line;
    const std::string_view part = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (part.find_first_not_of(" \t\r") == part.npos) continue;
    try {
      rows.push_back({Json::parse(part), line});
    } catch (const nlohmann::json::exception& e) {
      throw at_line(path, line, reason_of(e));
    }
    if (!rows.back().values.is_object()) throw at_line(path, line, "a row is a mapping of fields: {\"field\": value}");
  }
  return rows;
}

std::vector<Row> read_json(const Path& path, const std::string& text, size_t limit) {
  Json all;
  try {
    all = Json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<long>(std::min(e.byte, text.size())), '\n');
    throw at_line(path, line, reason_of(e));
  }
  if (!all.is_array()) throw Error("cannot read '" + path.string() + "': it is no list of rows: [{…}, …]");
  std::vector<Row> rows;
  for (Json& row : all) {
    if (limit && rows.size() == limit) break;
    const auto number = static_cast<int64_t>(rows.size()) + 1;
    if (!row.is_object())
      throw Error("cannot read '" + path.string() + "': row " + std::to_string(number) + " is no mapping of fields");
    rows.push_back({std::move(row), number});
  }
  return rows;
}

struct Cells {
  std::vector<std::string> values;
  int64_t line = 0;
};

// The records of a CSV: fields in quotes may hold commas, line breaks and doubled quotes.
std::vector<Cells> cut_csv(const Path& path, const std::string& text) {
  std::vector<Cells> out;
  Cells row{{""}, 1};
  int64_t line = 1;
  bool quoted = false, was_quoted = false;
  const auto finish = [&] {
    if (row.values.size() > 1 || !row.values[0].empty() || was_quoted) out.push_back(row);
    row = {{""}, line};
    was_quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    line += c == '\n';
    std::string& field = row.values.back();
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = was_quoted = true;
    } else if (c == ',') {
      row.values.emplace_back();
    } else if (c == '\n') {
      finish();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) throw at_line(path, row.line, "a quote is not closed");
  finish();
  return out;
}

std::vector<Cells> cut_tabs(const std::string& text) {
  std::vector<Cells> out;
  int64_t line = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string part = text.substr(start, end - start);
    start = end + 1;
    ++line;
    if (part.ends_with('\r')) part.pop_back();
    if (part.empty()) continue;
    Cells row{{}, line};
    for (size_t at = 0; at <= part.size();) {
      const size_t tab = std::min(part.find('\t', at), part.size());
      row.values.push_back(part.substr(at, tab - at));
      at = tab + 1;
    }
    out.push_back(std::move(row));
  }
  return out;
}

bool is_whole(const std::string& text) {
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

std::vector<Row> as_rows(const Path& path, std::vector<Cells> table, const RowOptions& options) {
  std::vector<std::string> names = options.columns;
  if (names.empty()) {
    if (table.empty()) return {};
    names = table.front().values;
    table.erase(table.begin());
  }
  std::vector<bool> numbers(names.size(), true);
  for (const Cells& row : table) {
    if (row.values.size() != names.size())
      throw at_line(
          path, row.line,
          std::to_string(row.values.size()) + " fields, the table has " + std::to_string(names.size()) + " columns");
    for (size_t i = 0; i < names.size(); ++i) numbers[i] = numbers[i] && is_whole(row.values[i]);
  }
  std::vector<Row> rows;
  for (Cells& row : table) {
    if (options.limit && rows.size() == options.limit) break;
    Json values = Json::object();
    for (size_t i = 0; i < names.size(); ++i)
      values[names[i]] = numbers[i] ? Json(std::stoll(row.values[i])) : Json(std::move(row.values[i]));
    rows.push_back({std::move(values), row.line});
  }
  return rows;
}

}  // namespace

std::vector<Row> read_rows(const Path& path, const RowOptions& options) {
  const std::string text = read_unpacked(path);
  if (!is_utf8(text)) throw Error("cannot read '" + path.string() + "': it is not UTF-8");
  const std::string ending = (path.extension() == ".gz" ? path.stem().extension() : path.extension()).string();
  std::vector<Row> rows;
  if (ending == ".jsonl" || ending == ".ndjson") {
    rows = read_json_lines(path, text, options.limit);
  } else if (ending == ".json") {
    rows = read_json(path, text, options.limit);
  } else if (ending == ".csv") {
    rows = as_rows(path, cut_csv(path, text), options);
  } else if (ending == ".tsv" || ending == ".txt") {
    rows = as_rows(path, cut_tabs(text), options);
  } else {
    throw Error("cannot read '" + path.string() + "': rows are .jsonl, .json, .csv or .tsv, each also .gz");
  }
  if (rows.empty()) throw Error("cannot use '" + path.string() + "': it has no row");
  return rows;
}

}  // namespace gradus
