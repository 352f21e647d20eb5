#include <algorithm>

#include "unit/run/state.h"
#include "unit/syntax/parse.h"

/// Tracebacks as CPython 3.11 prints them.
namespace gradus {

namespace {

using syntax::Span;

// Columns of `text` are code points; what is wanted are the bytes.
size_t byte_of(const std::string& text, int column) {
  size_t at = 0;
  for (int k = 0; k < column && at < text.size(); ++k) {
    ++at;
    while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
  }
  return at;
}

// Where the operator between two operands stands, in columns; {0, 0} when it is not on the line.
std::pair<int, int> operator_columns(const std::string& line, const Anchor& a) {
  if (a.is_subscript) return {a.left.end_column, a.right.end_column};
  int at = a.left.end_column;
  while (at < a.right.column) {
    const char c = line[byte_of(line, at)];
    if (c != ' ' && c != ')' && c != '(' && c != '\\') {
      const char d = line[byte_of(line, at + 1)];
      const bool two = at + 1 < a.right.column && d != ' ' && d == c;
      return {at, at + (two ? 2 : 1)};
    }
    ++at;
  }
  return {0, 0};
}

std::string carets(const std::string& line, const Span& s, const Anchor* anchor, size_t indent) {
  const bool one_line = s.end_line == s.line;
  const int n = static_cast<int>(count_code_points(line));
  const int end = one_line ? s.end_column : n;
  const int first = static_cast<int>(indent);
  if (s.column <= first && end >= n && !(anchor && one_line)) return "";  // the whole line: nothing to point at
  std::string marks(static_cast<size_t>(std::max(0, s.column - first)), ' ');
  std::pair<int, int> sign{0, 0};
  if (anchor && one_line && anchor->left.end_line == s.line && anchor->right.line == s.line)
    sign = operator_columns(line, *anchor);
  if (s.column <= first && end >= n && sign.second == 0) return "";
  for (int c = s.column; c < end; ++c) marks += sign.second == 0 ? '^' : c >= sign.first && c < sign.second ? '^' : '~';
  return "    " + marks + "\n";
}

int line_of(const ExceptionData::Entry& e) { return e.code->spans[static_cast<size_t>(e.instruction)].line; }

}  // namespace

std::string entry_text(const ExceptionData::Entry& e) {
  const Span s = e.code->spans[static_cast<size_t>(e.instruction)];
  const std::string function = e.code->name;
  std::string text =
      "  File \"" + e.code->source->file + "\", line " + std::to_string(s.line) + ", in " + function + "\n";
  if (s.line < 1 || static_cast<size_t>(s.line) > e.code->source->lines.size()) return text;
  std::string line = e.code->source->lines[static_cast<size_t>(s.line) - 1];
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.pop_back();
  const size_t indent = line.find_first_not_of(" \t\f");
  if (indent == std::string::npos) return text;
  const Anchor* anchor = nullptr;
  for (const Anchor& a : e.code->anchors)
    if (a.instruction == e.instruction) anchor = &a;
  return text + "    " + line.substr(indent) + "\n" + carets(line, s, anchor, indent);
}

namespace {

std::string last_line(Interpreter& i, const Value& e) {
  std::string message;
  const Class* c = i.type_of(e);
  try {
    message = i.str(e);
  } catch (const Raised&) {
    message = "<exception str() failed>";
  }
  const std::string module =
      c->module.empty() || c->module == "builtins" || c->module == "__main__" || c->module == "unit" ? ""
                                                                                                     : c->module + ".";
  return module + c->name + (message.empty() ? "" : ": " + message) + exception_data(e).suggestion;
}

std::string stack_text(const std::vector<ExceptionData::Entry>& innermost_first) {
  std::string text, last;
  int repeated = 0;
  const auto more = [&] {
    if (repeated > 2)
      text += "  [Previous line repeated " + std::to_string(repeated - 2) + " more time" + (repeated == 3 ? "" : "s") +
              "]\n";
  };
  for (size_t k = innermost_first.size(); k-- > 0;) {
    const std::string entry = entry_text(innermost_first[k]);
    if (entry != last)
      more(), repeated = 0, last = entry;
    else
      ++repeated;
    if (repeated <= 2) text += entry;
  }
  more();
  return text.empty() ? "" : "Traceback (most recent call last):\n" + text;
}

void chain_text(Interpreter& i, const Value& e, std::string& out, int depth) {
  const ExceptionData& d = exception_data(e);
  if (depth < 8) {
    if (d.cause.is_object()) {
      chain_text(i, d.cause, out, depth + 1);
      out += "\nThe above exception was the direct cause of the following exception:\n\n";
    } else if (d.context.is_object() && !d.suppress_context) {
      chain_text(i, d.context, out, depth + 1);
      out += "\nDuring handling of the above exception, another exception occurred:\n\n";
    }
  }
  out += stack_text(d.traceback) + last_line(i, e) + "\n";
}

}  // namespace

std::string traceback_text(Interpreter& i, const Value& e) {
  std::string out;
  chain_text(i, e, out, 0);
  return out;
}

UnitError unit_error(Interpreter& i, const Value& e) {
  const ExceptionData& d = exception_data(e);
  std::string text = traceback_text(i, e);
  if (!text.empty()) text.pop_back();
  std::string file;
  int line = 0;
  if (!d.traceback.empty()) file = d.traceback.front().code->source->file, line = line_of(d.traceback.front());
  UnitError error(text, last_line(i, e), file, line);
  error.type = i.type_of(e)->name;
  return error;
}

UnitError unit_error(Interpreter&, const LimitReached& l) {
  std::string file;
  int line = 0;
  if (!l.traceback.empty()) file = l.traceback.front().code->source->file, line = line_of(l.traceback.front());
  UnitError error(stack_text(l.traceback) + l.type + ": " + l.message, l.type + ": " + l.message, file, line);
  error.type = l.type;
  return error;
}

}  // namespace gradus
