#include "base/options.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

// By hand rather than by Boost.Program_options, which guesses abbreviations, cannot take `-n3` beside `--n=3` with our
// names, and whose messages would all have to be rewritten.
namespace gradus {
namespace {

const Option* find_long(const std::vector<Option>& own, const std::string& name) {
  for (const auto* list : {&own, &common_options()}) {
    for (const Option& option : *list) {
      if (option.name == name) return &option;
    }
  }
  return nullptr;
}

const Option* find_short(const std::vector<Option>& own, char name) {
  for (const auto* list : {&own, &common_options()}) {
    for (const Option& option : *list) {
      if (option.short_name == name || (option.name.size() == 1 && option.name[0] == name)) return &option;
    }
  }
  return nullptr;
}

[[noreturn]] void unknown(const std::vector<Option>& own, const std::string& word, const std::string& name) {
  std::vector<std::string> names;
  for (const auto* list : {&own, &common_options()}) {
    for (const Option& option : *list) names.push_back(option.name);
  }
  const std::string near = nearest(name, names);
  throw UsageError("unknown option '" + word + "'" + (near.empty() ? "" : " (did you mean '--" + near + "'?)"));
}

void add_setting(Args& args, const std::string& value) {
  const size_t equals = value.find('='), dot = value.find('.');
  if (equals == value.npos || dot == value.npos || dot > equals || dot == 0 || dot + 1 == equals) {
    const bool bare = equals != value.npos && equals > 0 && dot > equals;
    throw UsageError("'--set " + value + "': expected SECTION.KEY=VALUE" +
                     (bare ? "; a key of no section is 'experiment." + value.substr(0, equals) + "'" : ""));
  }
  args.settings.emplace_back(value.substr(0, equals), value.substr(equals + 1));
}

void add(Args& args, const Option& option, const std::string& value) {
  const std::string& name = option.name;
  if (name == "set") return add_setting(args, value);
  if (args.has(name) && !option.repeatable && !option.value_name.empty()) {
    throw UsageError("option '--" + name + "' is given twice");
  }
  args.options[name].push_back(value);
  if (name == "config") args.config = value;
  if (name == "force") args.force = true;
  if (name == "verbose") args.verbose = true;
  if (name == "quiet") args.quiet = true;
  if (name == "header") args.header = true;
  if (name == "print-config") args.print_config = true;
}

std::string spelling(const Option& option) {
  std::string text = option.name.size() == 1 ? "-" + option.name : "--" + option.name;
  if (option.short_name && option.name.size() > 1) text = std::string("-") + option.short_name + ", " + text;
  return option.value_name.empty() ? text : text + " " + option.value_name;
}

template <class T>
std::optional<T> get_number(const Args& args, const std::string& name, const char* kind) {
  const auto text = args.get(name);
  if (!text) return std::nullopt;
  T value{};
  const char* begin = text->data() + (text->starts_with("+") ? 1 : 0);
  const auto [end, code] = std::from_chars(begin, text->data() + text->size(), value);
  if (code != std::errc() || end != text->data() + text->size()) {
    throw UsageError("option '--" + name + "': expected " + kind + ", found '" + *text + "'");
  }
  return value;
}

}  // namespace

const std::vector<Option>& common_options() {
  static const std::vector<Option> options = {
      {"config", "FILE", "read settings from FILE, not from the experiment"},
      {"set", "SECTION.KEY=VALUE", "one setting, over the file; may be repeated", true},
      {"print-config", "", "print the settings in force and stop"},
      {"force", "", "do again what is done"},
      {"header", "", "a first line with the names of the columns"},
      {"verbose", "", "say more on standard error"},
      {"quiet", "", "say only warnings and errors, no progress"},
      {"version", "", "print the version and stop"},
      {"help", "", "print this page and stop", false, 'h'},
  };
  return options;
}

std::string option_table(const std::vector<Option>& own) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : own) rows.emplace_back(spelling(option), option.help);
  for (const Option& option : common_options()) {
    if (std::none_of(own.begin(), own.end(), [&](const Option& o) { return o.name == option.name; })) {
      rows.emplace_back(spelling(option), option.help);
    }
  }
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::string text;
  for (const auto& [name, help] : rows) text += "  " + name + std::string(width + 2 - name.size(), ' ') + help + "\n";
  return text;
}

Args Args::parse(const std::string& verb, const std::vector<std::string>& words, const std::vector<Option>& options) {
  Args args;
  args.verb = verb;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      args.paths.insert(args.paths.end(), words.begin() + static_cast<long>(i) + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      args.paths.push_back(word);
      continue;
    }
    const bool is_long = word[1] == '-';
    const size_t equals = is_long ? word.find('=') : word.npos;
    const std::string name = is_long ? word.substr(2, equals == word.npos ? equals : equals - 2) : word.substr(1, 1);
    const Option* option = is_long ? find_long(options, name) : find_short(options, word[1]);
    if (!option) unknown(options, is_long ? "--" + name : word, is_long ? name : word.substr(1));
    std::optional<std::string> value;
    if (equals != word.npos) value = word.substr(equals + 1);
    if (!is_long && word.size() > 2) value = word.substr(word[2] == '=' ? 3 : 2);
    const std::string shown = is_long ? "--" + name : "-" + name;
    if (option->value_name.empty()) {
      if (value) throw UsageError("option '" + shown + "' takes no value, found '" + *value + "'");
    } else if (!value) {
      if (i + 1 >= words.size() || (words[i + 1].size() > 2 && words[i + 1].starts_with("--"))) {
        throw UsageError("option '" + shown + "' needs a value: " + option->value_name);
      }
      value = words[++i];
    }
    add(args, *option, value.value_or(""));
  }
  return args;
}

std::optional<std::string> Args::get(const std::string& name) const {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Args::all(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

std::string Args::get_or(const std::string& name, const std::string& fallback) const {
  return get(name).value_or(fallback);
}

std::optional<int64_t> Args::get_int(const std::string& name) const {
  return get_number<int64_t>(*this, name, "a whole number");
}

std::optional<double> Args::get_double(const std::string& name) const {
  return get_number<double>(*this, name, "a number");
}

}  // namespace gradus
