/// The decision of `gradus try`: two arms, paired fresh seeds, looked at after every pair until one side has won or the
/// time is over. Under equal arms `beats` is said in at most `error` of all plays, however many pairs are played.
#pragma once

#include <span>
#include <string>

namespace gradus {

enum class Outcome { kBeats, kLoses, kUndecided };
const char* to_string(Outcome outcome);

struct Duel {
  Outcome outcome = Outcome::kUndecided;
  int pairs = 0;          // used: up to and with the one that decided
  double difference = 0;  // mean of (reference - candidate), bits per byte: positive is better
  double half_width = 0;  // of the interval that holds at all looks at once, level 1 - 2·error; infinite early on
  double p = 1;           // one-sided, valid at any look
};

/// differences: reference minus candidate, in the order played. Fewer than kLeastPairs decide nothing.
Duel judge_duel(std::span<const double> differences, double error = 0.05);
inline constexpr int kLeastPairs = 3;

}  // namespace gradus
