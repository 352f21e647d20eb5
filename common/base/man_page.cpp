// A tool's usage text as a manual page, in the macros of man(7), which both groff and mandoc read.
#include <algorithm>

#include "base/options.h"
#include "base/usage.h"
#include "base/version.h"

namespace gradus {
namespace {

/// Text that roff prints as it stands; `literal`: hyphens stay hyphens, to be copied into a shell.
std::string escaped(const std::string& text, bool literal = false) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool line_begins = i == 0 || text[i - 1] == '\n';
    if (line_begins && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (literal && text[i] == '-') {
      out += "\\-";
    } else if (literal && (text[i] == '~' || text[i] == '^' || text[i] == '`' || text[i] == '\'')) {
      out += text[i] == '~' ? "\\(ti" : text[i] == '^' ? "\\(ha" : text[i] == '`' ? "\\(ga" : "\\(aq";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && islower(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// One line for NAME: the first sentence.
std::string first_sentence(const Usage& usage) {
  std::string text = usage.paragraphs.empty() ? "" : usage.paragraphs[0];
  std::replace(text.begin(), text.end(), '\n', ' ');
  const size_t end = std::min(text.find(". "), text.size());
  text = text.substr(0, end);
  while (text.ends_with(".")) text.pop_back();
  return lower_first(text);
}

std::string options_section(const std::vector<Option>& own) {
  std::string page = ".SH OPTIONS\n", lines = option_lines(own), pending;
  for (size_t start = 0; start < lines.size();) {
    const size_t end = lines.find('\n', start);
    const std::string line = lines.substr(start, end - start);
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    const std::string name = line.substr(0, first), value = line.substr(first + 1, second - first - 1);
    start = end + 1;
    const bool short_of_next = name.size() == 2 && start < lines.size() && lines.compare(start, 2, "--") == 0 &&
                               lines.substr(start, lines.find('\n', start) - start).ends_with(line.substr(first));
    if (short_of_next) {
      pending = "\\fB" + escaped(name, true) + "\\fR, ";
      continue;
    }
    page += ".TP\n" + pending + "\\fB" + escaped(name, true) + "\\fR" +
            (value.empty() ? "" : " \\fI" + escaped(value, true) + "\\fR") + "\n" + escaped(line.substr(second + 1)) +
            "\n";
    pending.clear();
  }
  return page;
}

std::string labelled(const Usage& usage, const std::string& label, const std::string& section) {
  std::string page;
  for (const auto& [name, text] : usage.labels) {
    if (name == label) page += ".SH " + section + "\n.nf\n" + escaped(text) + "\n.fi\n";
  }
  return page;
}

std::string examples_section(const Usage& usage) {
  if (usage.examples.empty()) return "";
  std::string page = ".SH EXAMPLES\n.nf\n";
  for (std::string line : usage.examples) {
    for (const char* prefix : {"bin/gradus ", "bin/"}) {  // in an installed tree only gradus is on the PATH
      for (size_t at; (at = line.find(prefix)) != line.npos && (at == 0 || line[at - 1] != '/');)
        line.replace(at, std::string(prefix).size(), "gradus ");
    }
    page += escaped(line, true) + "\n";
  }
  return page + ".fi\n";
}

}  // namespace

std::string man_page(const std::string& verb, const std::string& what, const Usage& usage,
                     const std::vector<Option>& options) {
  const bool is_verb = verb != "gradus";
  std::string name = is_verb ? "gradus-" + verb : verb, upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return toupper(c); });
  std::string page = ".\\\" Made by gradus from the text of --help.\n.TH " + escaped(upper, true) + " 1 \"" +
                     build_date() + "\" \"" + version_number() + "\" \"Gradus\"\n";
  page += ".SH NAME\n" + escaped(name, true) + " \\- " + escaped(what.empty() ? first_sentence(usage) : what) + "\n";
  page += ".SH SYNOPSIS\n.nf\n";
  for (std::string line : usage.synopsis) {
    const size_t at = is_verb ? line.find(verb + " ") : line.npos;  // after a launcher's words: `mpirun -n 2 pretrain`
    if (at != line.npos) line.insert(at, "gradus ");
    page += escaped(line, true) + "\n";
  }
  page += ".fi\n.SH DESCRIPTION\n";
  for (size_t i = 0; i < usage.paragraphs.size(); ++i) {
    const bool table = usage.paragraphs[i].starts_with(' ');  // its lines stay lines
    const std::string text = escaped(usage.paragraphs[i]) + "\n";
    page += (i ? ".PP\n" : "") + (table ? ".nf\n" + text + ".fi\n" : text);
  }
  page += (is_verb ? options_section(options) : "") + labelled(usage, "Reads", "READS") +
          labelled(usage, "Writes", "WRITES") + labelled(usage, "Prints", "PRINTS") +
          labelled(usage, "Exits", "EXIT STATUS") + examples_section(usage);
  const auto next = next_commands(verb);
  if (!next.empty()) {
    page += ".SH NEXT\n.nf\n";
    for (const std::string& command : next) page += escaped("gradus " + command, true) + "\n";
    page += ".fi\n";
  }
  return page + (is_verb ? ".SH SEE ALSO\n.BR gradus (1)\n" : "");
}

}  // namespace gradus
