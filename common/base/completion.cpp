#include "base/completion.h"

#include <algorithm>
#include <sstream>

namespace gradus {
namespace {

struct Row {
  std::string option, value, help;
};

std::vector<Row> rows_of(const std::string& lines) {
  std::vector<Row> rows;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (second == line.npos) continue;
    rows.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return rows;
}

/// "bash|zsh": words to choose from; "FILE.py|FOLDER" are none.
std::vector<std::string> choices(const std::string& value) {
  std::vector<std::string> words;
  std::istringstream in(value);
  for (std::string word; std::getline(in, word, '|');) words.push_back(word);
  const bool lower = std::all_of(value.begin(), value.end(), [](unsigned char c) { return !isupper(c); });
  return words.size() > 1 && lower ? words : std::vector<std::string>{};
}

bool names_folder(const std::string& value) {
  return value == "FOLDER" || value == "DIR" || value == "EXP" || value == "RUN";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A word in single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

/// Within the double meaning of zsh's `--name[help]:VALUE:action`: brackets and colons of the text get a backslash.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string bash_completion(const std::vector<CompletedVerb>& verbs) {
  std::vector<std::string> names = {"help", "man", "completion", "run"};
  std::string cases, values;
  for (const CompletedVerb& verb : verbs) {
    names.push_back(verb.name);
    std::vector<std::string> options;
    for (const Row& row : rows_of(verb.options)) {
      options.push_back(row.option);
      const auto words = choices(row.value);
      if (row.value.empty()) continue;
      values += "    '" + verb.name + " " + row.option + "') words=" + quoted(joined(words)) + " kind=" +
                (!words.empty()            ? "words"
                 : names_folder(row.value) ? "folders"
                                           : "files") +
                " ;;\n";
    }
    cases += "    " + verb.name + ") options=" + quoted(joined(options)) + " ;;\n";
  }
  return "# Completion of gradus for bash, made by `gradus completion bash`. Load it with: source <(gradus completion "
         "bash)\n"
         "_gradus() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}\n"
         "  local options='' words='' kind='' verbs=" +
         quoted(joined(names)) +
         "\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" = 1 ] || { [ \"$COMP_CWORD\" = 2 ] && [[ $verb == @(help|man) ]]; }; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$verbs --help --version\" -- \"$word\")\n"
         "    return\n"
         "  fi\n"
         "  case $verb in\n"
         "    completion) mapfile -t COMPREPLY < <(compgen -W 'bash zsh' -- \"$word\"); return ;;\n" +
         cases +
         "  esac\n"
         "  case \"$verb $before\" in\n" +
         values +
         "  esac\n"
         "  case $kind in\n"
         "    words) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
         "    folders) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
         "    files) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
         "    *)\n"
         "      if [[ $word == -* ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
         "      else\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "      fi ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -o bashdefault -F _gradus gradus\n";
}

std::string zsh_completion(const std::vector<CompletedVerb>& verbs) {
  std::string list, cases;
  for (const CompletedVerb& verb : verbs) {
    list += "    " + quoted(verb.name + ":" + zsh_text(verb.what)) + "\n";
    cases += "    " + verb.name + ")\n      _arguments -s";
    for (const Row& row : rows_of(verb.options)) {
      const auto words = choices(row.value);
      std::string spec = "*" + row.option + "[" + zsh_text(row.help) + "]";
      if (!row.value.empty()) {
        spec += ":" + zsh_text(row.value) + ":" +
                (!words.empty()            ? "(" + joined(words) + ")"
                 : names_folder(row.value) ? "_files -/"
                                           : "_files");
      }
      cases += " \\\n        " + quoted(spec);
    }
    cases += " \\\n        '*:path:_files'\n      ;;\n";
  }
  return "#compdef gradus\n"
         "# Completion of gradus for zsh, made by `gradus completion zsh`: put it as _gradus into a folder of $fpath.\n"
         "_gradus() {\n"
         "  local -a verbs\n"
         "  verbs=(\n" +
         list +
         "    'help:the page of a verb'\n    'man:the page of a verb, for man -l'\n"
         "    'completion:this script, for bash or zsh'\n    'run:the recipe, slurm/run.sh'\n"
         "  )\n"
         "  if (( CURRENT == 2 )) || [[ $CURRENT == 3 && $words[2] == (help|man) ]]; then\n"
         "    _describe verb verbs\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $words[1] in\n"
         "    completion) _values shell bash zsh ;;\n" +
         cases +
         "    *) _files ;;\n"
         "  esac\n"
         "}\n"
         "_gradus \"$@\"\n";
}

}  // namespace gradus
