#include "train/run_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "train/hdf5.h"

namespace gradus {
namespace {

/// A number as JSON: not finite is null.
std::string number(double value) { return std::isfinite(value) ? format_g(value) : "null"; }
double number_of(const nlohmann::json& value) { return value.is_number() ? value.get<double>() : std::nan(""); }
double value_of(const nlohmann::json& line, const char* key) {
  const auto it = line.find(key);
  return it != line.end() ? number_of(*it) : std::nan("");
}

void write_units(Hdf5File& file, const std::vector<UnitRecord>& records) {
  std::vector<int64_t> steps;
  std::vector<double> scales;
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> units;
  for (const auto& record : records) {
    steps.push_back(record.step);
    scales.insert(scales.end(), record.block_scales.begin(), record.block_scales.end());
    for (const auto& unit : record.units) {
      units[unit.name].first.push_back(unit.gradient_norm);
      units[unit.name].second.push_back(unit.weight_norm);
    }
  }
  file.write("units/step", steps, {"step", "record"});
  const std::vector<uint64_t> shape{steps.size(), scales.size() / steps.size()};
  if (!scales.empty()) file.write("units/block_scale", scales, {"1", "record, block"}, shape);
  for (const auto& [name, norms] : units) {
    file.write("units/gradient_norm/" + name, norms.first, {"1", "record"});
    file.write("units/weight_norm/" + name, norms.second, {"1", "record"});
  }
}

}  // namespace

double RunCurve::final_loss() const {
  if (loss.empty()) return 0;
  const size_t n = std::max<size_t>(1, loss.size() / 10);
  double sum = 0;
  for (size_t i = loss.size() - n; i < loss.size(); ++i) sum += loss[i];
  return sum / static_cast<double>(n);
}

double RunCurve::bits_per_byte_at(int64_t step) const {
  for (size_t i = 0; i < validation_steps.size(); ++i)
    if (validation_steps[i] == step) return bits_per_byte[i];
  return 0;
}

void RunLog::cut(const Path& run, int64_t step) {
  const Path path = run / "log.jsonl";
  if (!std::filesystem::exists(path)) return;
  std::string kept;
  for (const auto& line : read_lines(path)) {
    const auto value = nlohmann::json::parse(line, nullptr, false);
    if (!value.is_discarded() && value.contains("step") && value["step"].get<int64_t>() <= step) kept += line + "\n";
  }
  if (kept.size() != std::filesystem::file_size(path)) write_file(path, kept);
}

void RunLog::append_step(const Path& run, int64_t step, double loss, double learning_rate, double gradient_norm) {
  append_line(run / "log.jsonl", "{\"step\":" + std::to_string(step) + ",\"loss\":" + number(loss) +
                                     ",\"learning_rate\":" + number(learning_rate) +
                                     ",\"gradient_norm\":" + number(gradient_norm) + "}");
}

void RunLog::append_validation(const Path& run, int64_t step, double bits_per_byte) {
  append_line(run / "log.jsonl",
              "{\"step\":" + std::to_string(step) + ",\"bits_per_byte\":" + number(bits_per_byte) + "}");
}

void RunLog::append_units(const Path& run, const UnitRecord& record) {
  std::string units, scales;
  for (const auto& unit : record.units)
    units += (units.empty() ? "" : ",") + ("\"" + unit.name + "\":[" + number(unit.gradient_norm)) + "," +
             number(unit.weight_norm) + "]";
  for (double scale : record.block_scales) scales += (scales.empty() ? "" : ",") + number(scale);
  append_line(run / "log.jsonl", "{\"step\":" + std::to_string(record.step) + ",\"units\":{" + units +
                                     "},\"block_scales\":[" + scales + "]}");
}

void RunLog::append_event(const Path& run, int64_t step, const std::string& event, const std::string& fields) {
  append_line(run / "log.jsonl", "{\"step\":" + std::to_string(step) + ",\"event\":\"" + event + "\"" +
                                     (fields.empty() ? "" : "," + fields) + "}");
}

void RunLog::sync(const Path& run) {
  const int fd = ::open((run / "log.jsonl").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

RunCurve read_curve(const Path& run) {
  RunCurve curve;
  const Path path = run / "log.jsonl";
  if (!std::filesystem::exists(path)) return curve;
  for (const auto& line : read_lines(path)) {
    const auto value = nlohmann::json::parse(line, nullptr, false);
    if (value.is_discarded() || !value.contains("step")) continue;
    const int64_t step = value["step"].get<int64_t>();
    if (value.contains("loss")) {
      curve.steps.push_back(step);
      curve.loss.push_back(value_of(value, "loss"));
      curve.learning_rate.push_back(value_of(value, "learning_rate"));
      curve.gradient_norm.push_back(value_of(value, "gradient_norm"));
    } else if (value.contains("bits_per_byte")) {
      curve.validation_steps.push_back(step);
      curve.bits_per_byte.push_back(value_of(value, "bits_per_byte"));
    } else if (value.contains("units")) {
      UnitRecord record{step, {}, {}};
      for (const auto& [name, norms] : value["units"].items())
        record.units.push_back({name, number_of(norms.at(0)), number_of(norms.at(1))});
      for (const auto& scale : value["block_scales"]) record.block_scales.push_back(number_of(scale));
      curve.units.push_back(std::move(record));
    }
  }
  return curve;
}

void write_metrics(const Path& run, const RunCurve& curve) {
  write_hdf5(run / "metrics.h5", [&](Hdf5File& file) {
    file.write("train/step", curve.steps, {"step", "step"});
    file.write("train/loss", curve.loss, {"nat/token", "step"});
    file.write("train/learning_rate", curve.learning_rate, {"1", "step"});
    file.write("train/gradient_norm", curve.gradient_norm, {"1", "step"});
    file.write("validation/step", curve.validation_steps, {"step", "validation"});
    file.write("validation/bits_per_byte", curve.bits_per_byte, {"bit/byte", "validation"});
    if (!curve.units.empty()) write_units(file, curve.units);
  });
}

}  // namespace gradus
