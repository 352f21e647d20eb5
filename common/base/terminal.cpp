#include "base/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace gradus {
namespace {

constexpr size_t kWidest = 60;  // a column wider than this would push the rest off the screen

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(at, start);
    parts.emplace_back(text.substr(start, end == text.npos ? end : end - start));
    if (end == text.npos) return parts;
    start = end + 1;
  }
}

Color color_of(const std::string& verdict) {
  static const std::map<std::string, Color> colors = {
      {"ok", Color::kGreen},    {"no", Color::kYellow},    {"error", Color::kRed},   {"fail", Color::kRed},
      {"warn", Color::kYellow}, {"skipped", Color::kGrey}, {"waiting", Color::kGrey}};
  const auto found = colors.find(verdict);
  return found == colors.end() ? Color::kNone : found->second;
}

}  // namespace

bool is_terminal(int stream) {
  // mpirun gives its ranks terminals of its own, whatever its output goes to.
  const bool of_mpirun = std::getenv("OMPI_COMM_WORLD_RANK") != nullptr;
  return variable("GRADUS_TERMINAL") != "no" && !of_mpirun && ::isatty(stream);
}

bool wants_color(int stream) {
  const std::string_view kind = variable("TERM");
  return variable("NO_COLOR").empty() && !kind.empty() && kind != "dumb" && is_terminal(stream);
}

std::string paint(std::string_view text, Color color, bool wanted) {
  static const std::map<Color, const char*> codes = {
      {Color::kRed, "31"}, {Color::kGreen, "32"}, {Color::kYellow, "33"}, {Color::kGrey, "2"}};
  if (!wanted || color == Color::kNone || text.empty()) return std::string(text);
  return std::string("\033[") + codes.at(color) + "m" + std::string(text) + "\033[0m";
}

size_t visible_width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void Columns::reserve(size_t column, size_t width) {
  if (widths_.size() <= column) widths_.resize(column + 1, 0);
  widths_[column] = std::max(widths_[column], std::min(width, kWidest));
}

std::string Columns::align(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(text, '\n')) rows.push_back(split(line, '\t'));
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) reserve(i, visible_width(row[i]));
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    const bool header = row[0].starts_with("#") && row.size() > 1;
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const Color color = i <= 1 && !header ? color_of(row[i]) : Color::kNone;
      line += paint(row[i], color, colored_);
      const size_t width = visible_width(row[i]);
      if (i + 1 < row.size()) line += std::string((width < widths_[i] ? widths_[i] - width : 0) + 2, ' ');
    }
    out += (r ? "\n" : "") + paint(line, header ? Color::kGrey : Color::kNone, colored_);
  }
  return out;
}

}  // namespace gradus
