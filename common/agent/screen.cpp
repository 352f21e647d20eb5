#include "agent/screen.h"

#include <regex>

namespace gradus {

std::string words_to_judge(const std::string& text) {
  constexpr auto kFlags = std::regex::icase | std::regex::optimize;
  // Bounded everywhere: the library's matcher recurses once for each character that it matches.
  static const std::regex patterns[] = {
      std::regex(
          R"(\b(ignore|disregard|forget)\s{1,3}((all|any|the|your|these)\s{1,3}){0,3})"
          R"((previous|prior|above|earlier|preceding)\s{0,3}([.,;:!]|$|instruction|rule|prompt|message|guideline|text))",
          kFlags),
      std::regex(
          R"(\b(ignore|disregard|override)\s{1,3}((all|any|the|your|these)\s{1,3}){0,3}(instruction|rule|guideline|criteri)\w{0,3})",
          kFlags),
      std::regex(R"(\b(rate|score|grade|mark)\s{1,3}(this|it|me|the)(\s{1,3}(proposal|unit|design|block|code))?\s{1,3})"
                 R"(((as|a|with|at)\s{1,3}){0,2}(5|five|highest|maximum|highly)\b)",
                 kFlags),
      std::regex(R"(\b(give|assign|award)\b.{0,30}\b(rating|score|grade)\b.{0,10}\b(5|five|highest|maximum))", kFlags),
      std::regex(
          R"((reviewer|observer|judge|assistant|grader)s?\s{0,3}[:,]\s{0,3}(please|you\s{1,3}must|accept|approve|rate))",
          kFlags),
      std::regex(R"(\byou\s{1,3}(must|should|have\s{1,3}to)\s{1,3}(accept|approve|rate|pass)\b)", kFlags),
      std::regex(R"(\b(system\s{1,3}prompt|you\s{1,3}are\s{1,3}now\s{1,3}(a|an|the|in)\b))", kFlags),
      std::regex(R"(</(proposal|changes)>|<\|(im_start|im_end|system)\|>)", kFlags)};
  for (const std::regex& pattern : patterns) {
    std::smatch match;
    if (std::regex_search(text, match, pattern)) return match[0].str();
  }
  return "";
}

}  // namespace gradus
