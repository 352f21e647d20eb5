#include "base/usage.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "base/options.h"

namespace gradus {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
  return lines;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
}

/// "Reads   x" and "Exits: x" to their label; "" for other lines.
std::string label_of(const std::string& line) {
  for (const char* label : {"Reads", "Writes", "Prints", "Exits"}) {
    const std::string word = label;
    if (line.starts_with(word) && line.size() > word.size() && (line[word.size()] == ' ' || line[word.size()] == ':'))
      return word;
  }
  return "";
}

void add_text(Usage& usage, const std::string& line, bool new_block) {
  const std::string label = label_of(line);
  if (!label.empty()) {
    const std::string rest = line.substr(label.size() + (line[label.size()] == ':' ? 1 : 0));
    usage.labels.emplace_back(label, trimmed(rest));
  } else if (line.starts_with(" ") && !usage.labels.empty() && !new_block) {
    usage.labels.back().second += "\n" + trimmed(line);
  } else if (new_block || usage.paragraphs.empty()) {
    usage.paragraphs.push_back(line);
  } else {
    usage.paragraphs.back() += "\n" + line;
  }
}

}  // namespace

Usage parse_usage(const std::string& text) {
  Usage usage;
  enum { kSynopsis, kText, kExamples } part = kSynopsis;
  bool new_block = true;
  for (std::string line : lines_of(text)) {
    if (line.empty()) {
      if (part == kSynopsis) part = kText;
      new_block = true;
    } else if (part == kSynopsis) {
      usage.synopsis.push_back(trimmed(line.starts_with("usage:") ? line.substr(6) : line));
    } else if (line == "Examples" || line == "Examples:") {
      part = kExamples;
    } else if (line.ends_with(":") &&
               line.find(' ') == line.npos) {  // "Verbs:", a table that the text itself ends with
      break;
    } else if (part == kExamples) {
      usage.examples.push_back(line.starts_with("  ") ? line.substr(2) : line);
    } else {
      add_text(usage, line, new_block);
      new_block = false;
    }
  }
  return usage;
}

bool wants_experiment(const Usage& usage, const Args& args) {
  // A line that begins with an option which was given is the one that was meant.
  for (const std::string& line : usage.synopsis) {
    std::istringstream words(line);
    std::string verb, first;
    words >> verb >> first;
    if (!first.starts_with("--") || !args.has(first.substr(2))) continue;
    for (std::string word; words >> word;)
      if (word == "EXP") return true;
    return false;
  }
  for (const std::string& line : usage.synopsis) {
    std::istringstream words(line);
    std::string word;
    words >> word;  // the verb
    for (bool fits = true; fits && words >> word;) {
      if (word == "EXP") return true;
      if (word.starts_with('[')) {
        while (!word.ends_with(']') && words >> word) {
        }
      } else {
        fits = word.starts_with("--") && args.has(word.substr(2)) && words >> word;
      }
    }
  }
  return false;
}

std::string option_lines(const std::vector<Option>& own) {
  std::string text;
  const auto add = [&](const Option& o) {
    if (o.short_name && o.name.size() > 1)
      text += std::string("-") + o.short_name + "\t" + o.value_name + "\t" + o.help + "\n";
    text += (o.name.size() == 1 ? "-" : "--") + o.name + "\t" + o.value_name + "\t" + o.help + "\n";
  };
  for (const Option& option : own) add(option);
  for (const Option& option : common_options()) {
    if (std::none_of(own.begin(), own.end(), [&](const Option& o) { return o.name == option.name; })) add(option);
  }
  return text;
}

// In one table rather than in each usage text: the order of the recipe is one fact.
std::vector<std::string> next_commands(const std::string& verb) {
  static const std::map<std::string, std::vector<std::string>> next = {
      {"new", {"prepare EXP --text FOLDER"}},
      {"prepare", {"run EXP", "propose EXP -n 8"}},
      {"propose", {"review DESIGN"}},
      {"review", {"implement DESIGN"}},
      {"implement", {"check DESIGN"}},
      {"check", {"pretrain DESIGN --scale SCALE"}},
      {"pretrain", {"evaluate DESIGN --scale SCALE"}},
      {"evaluate", {"report EXP --text"}},
      {"try", {"implement --from BLOCK EXP"}},
  };
  const auto found = next.find(verb);
  return found == next.end() ? std::vector<std::string>{} : found->second;
}

std::string fill_in(std::string command, const Done& done) {
  const auto put = [&](const std::string& word, const std::string& value) {
    const size_t at = command.find(word);
    if (!value.empty() && at != command.npos) command.replace(at, word.size(), value);
  };
  const bool of_block = command.find("BLOCK") != command.npos;
  const std::string design = done.design.empty() ? done.path : done.design;
  const bool at_root = design.starts_with("designs/g");  // within the experiment
  const size_t designs = design.rfind("/designs/"), scale = done.run.rfind("-s");
  put("BLOCK", done.path);
  if (at_root || designs != design.npos || !of_block) put("EXP", at_root ? "." : design.substr(0, designs));
  put("DESIGN", design);
  if (scale != done.run.npos) put("SCALE", done.run.substr(done.run.rfind('/') + 1, scale - done.run.rfind('/') - 1));
  put("SCALE", done.lowest_rung);
  return command;
}

}  // namespace gradus
