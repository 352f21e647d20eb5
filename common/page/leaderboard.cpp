#include "page/leaderboard.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/log.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr size_t kWidth = 100;

std::string left(const std::string& text, size_t width) {
  const size_t n = display_width(text);
  return n >= width ? text : text + std::string(width - n, ' ');
}
std::string right(const std::string& text, size_t width) {
  const size_t n = display_width(text);
  return n >= width ? text : std::string(width - n, ' ') + text;
}
std::string with_sign(double value) { return (value >= 0 ? "+" : "") + format_fixed(value, 4); }

/// Breaks at blanks into lines of at most `width` columns, the later ones indented.
std::string wrapped(const std::string& text, const std::string& indent) {
  std::istringstream words(text);
  std::string word, line, out;
  while (words >> word) {
    if (!line.empty() && display_width(line) + 1 + display_width(word) > kWidth) {
      out += line + "\n";
      line = indent + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
  }
  return out + line + "\n";
}

std::string marks(const Standing& s) {
  std::string out;
  const auto add = [&](bool is, const char* word) {
    if (is) out += (out.empty() ? "" : ", ") + std::string(word);
  };
  add(s.baseline, "baseline");
  add(s.confirmed, "confirmed");
  add(s.audit, "audit");
  add(s.diverged, "diverged");
  add(s.quarantined(), "quarantined");
  add(s.untrained_no_worse, "as untrained");
  return out;
}

std::string row(const Standing& s, const DesignName& reference, int rank) {
  const bool ranked = !s.audit && !s.diverged && !s.untrained_no_worse && !s.quarantined();
  const bool compared = s.design != reference && s.pairs > 0 && !s.diverged;
  return right(ranked ? std::to_string(rank) : ".", 3) + "  " + left(s.design.text(), 9) +
         right(s.diverged ? "." : format_fixed(s.bits_per_byte, 4), 10) +
         right(compared ? with_sign(s.half_difference) : ".", 9) + right(compared ? with_sign(s.difference) : ".", 10) +
         "  " + left(compared ? with_sign(s.lower) + " … " + with_sign(s.upper) : ".", 19) +
         right(std::to_string(s.seeds), 6) + right(format_fixed(s.multiplier, 2), 6) + "×" +
         right(format_count(double(s.parameters)), 8) + "  " + marks(s);
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

void render_rung(std::ostringstream& out, const Standings& standings, const LeaderboardText& board) {
  int64_t tokens = 0;
  for (const Standing& s : standings.rows) tokens = std::max(tokens, s.tokens);
  out << wrapped(standings.scale + ": " + format_count(double(tokens)) + " tokens a run, seed noise " +
                     format_fixed(standings.noise.deviation, 4) + " bits per byte (" + standings.noise.source + ")",
                 "  ");
  const std::string interval = format_g(100 * board.confidence) + " % interval";
  out << trimmed(right("#", 3) + "  " + left("design", 9) + right("bits/byte", 10) + right("at half", 9) +
                 right("better by", 10) + "  " + left(interval, 19) + right("seeds", 6) + right("rate", 7) +
                 right("params", 8))
      << "\n";
  int rank = 0;
  for (const Standing& s : standings.rows) {
    if (!s.audit && !s.diverged && !s.untrained_no_worse && !s.quarantined()) ++rank;
    out << trimmed(row(s, standings.reference, rank)) << "\n";
    const auto block = board.blocks.find(s.design);
    if (block != board.blocks.end()) out << "     " << cut_to_width(block->second, kWidth - 5) << "\n";
  }
}

void render_claims(std::ostringstream& out, const LeaderboardText& board) {
  std::vector<std::string> claims;
  size_t tried = 0;
  for (const Standings& standings : board.rungs)
    for (const Standing& s : standings.rows) {
      tried += !s.baseline && !s.audit;
      if (s.confirmed) claims.push_back(standings.scale + ": " + claim(s, standings.reference, board.confidence));
    }
  const std::string tests = "fresh seeds, confirmation shard, Holm's correction over the designs of the rung, error " +
                            format_g((1 - board.confidence) / 2);
  if (claims.empty()) {
    out << wrapped("No claim is confirmed (" + tests + "): the differences above may be noise.", "  ");
    return;
  }
  out << wrapped("Confirmed (" + tests + "):", "  ");
  for (const std::string& c : claims) out << wrapped("- " + c, "  ");
}

}  // namespace

size_t display_width(const std::string& text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string cut_to_width(const std::string& text, size_t width) {
  if (display_width(text) <= width) return text;
  std::string out;
  size_t columns = 0;
  for (char c : text) {
    if ((c & 0xC0) != 0x80 && ++columns == width) break;
    out += c;
  }
  return out + "…";
}

std::string claim(const Standing& s, const DesignName& reference, double confidence) {
  // The interval is the confirmation shard's; its standard error follows from p where p is not degenerate.
  const double t = student_quantile(0.5 + confidence / 2, std::max(1.0, s.degrees));
  const std::string rates =
      std::to_string(s.rates_tried) + (s.rates_tried == 1 ? " learning rate each, " : " learning rates each, ");
  return s.design.text() + " beats " + reference.text() + " by " + format_fixed(s.confirmation_difference, 4) + " ± " +
         format_fixed(t * s.standard_error * std::sqrt(double(s.pairs) / std::max(1, s.fresh_pairs)), 4) +
         " bits per byte at " + format_count(double(s.parameters)) + " parameters, " + format_count(double(s.tokens)) +
         " tokens (" + rates + std::to_string(s.fresh_pairs) + (s.fresh_pairs == 1 ? " fresh seed" : " fresh seeds") +
         ", p = " + format_fixed(s.confirmation_p, 4) + ")";
}

std::string render_leaderboard(const LeaderboardText& board) {
  std::ostringstream out;
  out << board.title << "\n";
  for (const std::string& line : board.summary) out << wrapped(line, "  ");
  for (const Standings& standings : board.rungs) {
    if (standings.rows.empty()) continue;
    out << "\n";
    render_rung(out, standings, board);
  }
  out << "\n";
  if (std::all_of(board.rungs.begin(), board.rungs.end(), [](const Standings& s) { return s.rows.empty(); })) {
    out << "Nothing is trained and evaluated yet.\n";
    return out.str();
  }
  out << render_outlook(board);
  render_claims(out, board);
  out << wrapped(
      "better by: bits per byte of validation below the baseline's, on paired seeds; at half: the same after half "
      "the tokens, on a slice: a lead that shrinks from there means learning speed, not quality; rate: the "
      "learning-rate multiplier that was best for that design.",
      "");
  return out.str();
}

}  // namespace gradus
