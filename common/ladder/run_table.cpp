#include "ladder/run_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace gradus {
namespace {

constexpr size_t kColumns = 8;
constexpr const char* kNames[kColumns] = {"design",        "scale", "seed",  "lr", "bits_per_byte_half",
                                          "bits_per_byte", "flops", "tokens"};

class Line {
 public:
  Line(std::string where, const std::string& text) : where_(std::move(where)) {
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find('\t', start), text.size());
      fields_.push_back(text.substr(start, end - start));
      start = end + 1;
    }
    if (fields_.size() != kColumns)
      throw Error(where_ + ": " + std::to_string(fields_.size()) + " columns, expected " + std::to_string(kColumns) +
                  " separated by tabs: design scale seed lr bits_per_byte_half bits_per_byte flops tokens");
  }
  const std::string& text(size_t column) const {
    if (fields_[column].empty()) throw Error(where_ + ": '" + kNames[column] + "' is empty");
    return fields_[column];
  }
  double number(size_t column, bool may_lack) const {
    const std::string& f = text(column);
    if (f == "." && may_lack) return 0;
    double value = 0;
    const auto [end, code] = std::from_chars(f.data(), f.data() + f.size(), value);
    if (code != std::errc() || end != f.data() + f.size() || !(value >= 0 && std::isfinite(value)))
      throw Error(where_ + ": '" + kNames[column] + "' is '" + f + "', expected a number of 0 or more");
    return value;
  }

 private:
  std::string where_;
  std::vector<std::string> fields_;
};

size_t place(std::vector<std::string>& names, const std::string& name) {
  const size_t i = size_t(std::find(names.begin(), names.end(), name) - names.begin());
  if (i == names.size()) names.push_back(name);
  return i;
}

}  // namespace

RunTable read_run_table(const Path& path) {
  RunTable table;
  int number = 0;
  const std::string bytes = read_file(path);
  for (size_t start = 0; start < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', start), bytes.size());
    const std::string text = bytes.substr(start, end - start);
    start = end + 1, ++number;
    if (text.empty() || text[0] == '#') continue;
    const std::string where = "cannot read '" + path.string() + "': line " + std::to_string(number);
    const Line line(where, text);
    const size_t scale = place(table.scales, line.text(1));
    const DesignName design{0, int(place(table.designs, line.text(0)))};
    table.arms.resize(table.scales.size());
    const double seed = line.number(2, false);
    if (seed != std::floor(seed) || seed > 9e15) throw Error(where + ": 'seed' is no whole number");
    RunScore run{RunName{line.text(1), int64_t(seed), line.number(3, false)}};
    run.half = line.number(4, true), run.validation = run.confirmation = line.number(5, false);
    run.tokens = int64_t(line.number(7, true));
    Arm& arm = table.arms[scale][design];
    arm.design = design;
    for (const RunScore& r : arm.runs)
      if (r.run == run.run) throw Error(where + ": a second run of " + line.text(0) + " " + run.run.text());
    arm.runs.push_back(run);
  }
  if (table.designs.empty()) throw Error("'" + path.string() + "' names no run");
  for (Arms& arms : table.arms)
    for (auto& [design, arm] : arms)
      std::sort(arm.runs.begin(), arm.runs.end(), [](const RunScore& a, const RunScore& b) {
        return std::pair(a.run.seed, a.run.learning_rate_multiplier) <
               std::pair(b.run.seed, b.run.learning_rate_multiplier);
      });
  return table;
}

std::vector<Standings> standings_of(const RunTable& table, double confidence) {
  std::vector<Standings> out;
  std::optional<Noise> below;
  for (size_t i = 0; i < table.scales.size(); ++i) {
    out.push_back(rank_arms(table.scales[i], table.arms[i], {{0, 0}}, {}, confidence, below));
    below = out.back().noise;
  }
  return out;
}

}  // namespace gradus
