/// The rows of a task: JSON Lines, one JSON list, or a table (CSV as RFC 4180, TSV) with a header or named columns; any
/// of them gzipped. A row that cannot be read is an Error with the file and the line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"

namespace gradus {

struct Row {
  nlohmann::ordered_json values;  // a mapping
  int64_t line = 0;               // where it begins; of a JSON list, its number
};

struct RowOptions {
  std::vector<std::string> columns;  // of a table without a header
  size_t limit = 0;                  // first rows alone; 0: all
};

/// By the name's end: .jsonl .ndjson .json .csv .tsv .txt (tabs), each also with .gz. Of a table, a column of whole
/// numbers is numbers, every other text. No row at all is an Error.
std::vector<Row> read_rows(const Path& path, const RowOptions& options = {});

}  // namespace gradus
