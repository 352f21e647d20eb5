#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/log.h"
#include "page/leaderboard.h"

namespace gradus {
namespace {

constexpr size_t kShown = 10;

std::string cell(const std::string& text, int width) {
  const size_t n = display_width(text), wide = size_t(std::abs(width));
  if (n >= wide) return text;
  return width < 0 ? text + std::string(wide - n, ' ') : std::string(wide - n, ' ') + text;
}

std::string signed_text(double value) { return (value >= 0 ? "+" : "") + format_fixed(value, 4); }

std::string row(const Outlook& o) {
  std::string line = "  " + cell(o.design.text(), -10) + cell(o.rung, -8) +
                     cell(signed_text(o.lead.mean) + " ± " + format_fixed(o.lead.deviation, 4), 18) +
                     cell(format_fixed(o.p_better, 2), 10) + cell(format_fixed(o.p_best, 2), 9) + "  " +
                     cell(o.next, -8) +
                     cell(std::isfinite(o.improvement_per_hour) ? format_fixed(o.improvement_per_hour, 4) : ".", 10) +
                     (o.crossing ? "  crossing" : "");
  while (line.back() == ' ') line.pop_back();
  return line + "\n";
}

}  // namespace

std::string render_outlook(const LeaderboardText& board) {
  std::ostringstream out;
  if (!board.outlook.rows.empty()) {
    out << "Outlook at " << board.outlook.target << ": the lead over the baseline there, by all runs of a design\n  "
        << cell("design", -10) << cell("seen at", -8) << cell("lead there", 18) << cell("P(beats)", 10)
        << cell("P(best)", 9) << "  " << cell("next", -8) << cell("worth/h", 10) << "\n";
    const size_t n = std::min(kShown, board.outlook.rows.size());
    for (size_t i = 0; i < n; ++i) out << row(board.outlook.rows[i]);
    out << "  worth/h: bits per byte that an hour of the next run is worth (bin/select EXP --outlook)\n\n";
  }
  if (board.claims.empty()) return out.str();
  out << "Confirmations on fresh seeds, evidence valid at every look (bin/select EXP --confirm):\n";
  for (const std::string& claim : board.claims) {
    std::istringstream words("- " + claim);
    std::string word, line = " ";
    while (words >> word) {
      if (display_width(line) + 1 + display_width(word) > 100) out << line << "\n", line = "   ";
      line += " " + word;
    }
    out << line << "\n";
  }
  return out.str() + "\n";
}

}  // namespace gradus
