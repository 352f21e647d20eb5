#include <algorithm>
#include <regex>

#include "base/error.h"
#include "base/unicode.h"
#include "eval/metric.h"

namespace gradus {
namespace {

/// Python's pattern as ECMAScript reads it: `(?s)` at its front makes '.' match line breaks.
std::regex as_regex(std::string pattern) {
  if (pattern.starts_with("(?s)")) {
    pattern.erase(0, 4);
    std::string out;
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == '\\' && i + 1 < pattern.size()) {
        out += pattern.substr(i++, 2);
      } else {
        out += pattern[i] == '.' ? std::string("[\\s\\S]") : std::string(1, pattern[i]);
      }
    }
    pattern = out;
  }
  try {
    return std::regex(pattern);
  } catch (const std::regex_error& e) {
    throw Error("cannot use the pattern '" + pattern + "': " + e.what());
  }
}

// re.findall: of a match its groups, the first that is not empty; without groups all of it.
std::string find_by(const FilterStep& step, const std::string& text) {
  const std::regex pattern = as_regex(step.regex_pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    std::string chosen = it->size() == 1 ? it->str() : it->size() == 2 ? (*it)[1].str() : "";
    for (size_t g = 1; g < it->size() && chosen.empty() && it->size() > 2; ++g) chosen = (*it)[g].str();
    if (it->size() > 2 && chosen.empty()) chosen = step.fallback;
    found.push_back(chosen);
  }
  const auto n = static_cast<int64_t>(found.size());
  const int64_t at = step.group_select < 0 ? n + step.group_select : step.group_select;
  if (at < 0 || at >= n) return step.fallback;
  return std::string(strip(found[static_cast<size_t>(at)]));
}

void drop(std::string& text, std::string_view set) {
  std::erase_if(text, [&](char c) { return set.find(c) != std::string_view::npos; });
}

std::string normalised(const MetricSpec& metric, std::string text) {
  for (const auto& pattern : metric.regexes_to_ignore) text = std::regex_replace(text, as_regex(pattern), "");
  if (metric.ignore_case) text = to_lower(text);
  if (metric.ignore_punctuation) drop(text, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  if (metric.ignore_numbers) drop(text, "0123456789");
  return text;
}

}  // namespace

std::string filter_answer(const FilterSpec& filter, const std::string& answer) {
  std::string text = answer;
  for (const FilterStep& step : filter.filter) {
    if (step.function == "regex") {
      text = find_by(step, text);
    } else if (step.function == "lowercase") {
      text = to_lower(text);
    } else if (step.function == "uppercase") {
      text = to_upper(text);
    } else if (step.function == "remove_whitespace") {
      text = std::string(strip(text));
    } else if (step.function != "take_first" && step.function != "take_first_k" && step.function != "majority_vote") {
      throw Error("unknown filter '" + step.function +
                  "': known are regex, lowercase, uppercase, remove_whitespace, take_first");
    }
  }
  return text;
}

void check_answers(const Task& task) {
  for (const auto& filter : task.filters) filter_answer(filter, "");
  for (const auto& metric : task.metrics) normalised(metric, "");
}

Observation observe_answer(const MetricSpec& metric, const Item& item, const std::string& answer) {
  const std::string given = normalised(metric, answer);
  for (const auto& reference : item.references) {
    const std::string wanted = normalised(metric, reference);
    if (metric.metric == "exact_match" && given == wanted) return {1, 0};
    if (metric.metric == "contains" && to_lower(given).find(to_lower(strip(wanted))) != std::string::npos)
      return {1, 0};
  }
  return {0, 0};
}

}  // namespace gradus
