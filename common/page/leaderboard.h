/// The leaderboard for a terminal: one table a rung, at most 100 columns, numbers never without their intervals.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ladder/outlook.h"
#include "ladder/rank.h"

namespace gradus {

struct LeaderboardText {
  std::string title;                         // of the experiment
  std::vector<std::string> summary;          // lines below it: how many were proposed, refused, trained
  std::vector<Standings> rungs;              // highest first
  std::map<DesignName, std::string> blocks;  // one-line trees
  double confidence = 0.9;
  OutlookTable outlook;             // at the dearest rung; no rows: nothing to say
  std::vector<std::string> claims;  // sentences of all confirmations, beats first
};

std::string render_leaderboard(const LeaderboardText& board);
/// "g001-003 beats g000-000 by 0.083 ± 0.021 bits per byte at 330k parameters, 512k tokens (3 learning rates each, 1
/// fresh seed, p = 0.01)": the only form in which a claim is made (design.md §1.7).
std::string claim(const Standing& standing, const DesignName& reference, double confidence);

/// The outlook's best few, and what confirmations said; "" where there is neither.
std::string render_outlook(const LeaderboardText& board);

/// The experiment's tables and summary from its files.
LeaderboardText read_leaderboard(const Experiment& experiment);

/// Columns a UTF-8 text takes on a terminal (code points), and the text cut to at most `width` of them, ending in "…".
size_t display_width(const std::string& text);
std::string cut_to_width(const std::string& text, size_t width);

}  // namespace gradus
