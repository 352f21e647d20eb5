#include "unit/syntax/parse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/syntax/dump.h"
#include "unit/syntax/scope.h"

namespace gradus::syntax {
namespace {

std::string read(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

std::string tree(const std::string& source) { return dump(parse(source, "x.py")); }
std::string expr(const std::string& source) { return dump(*parse_expression(source, "x.py")); }

/// The message of the SyntaxError that a source gives, or "" when it parses.
std::string fault(const std::string& source) {
  try {
    resolve(parse(source, "x.py"));
  } catch (const SyntaxError& e) {
    return e.message;
  }
  return "";
}

std::string scope_name(const Scope& s) {
  if (s.kind == Scope::Kind::kLambda) return "lambda";
  if (s.kind == Scope::Kind::kClass) return static_cast<const Stmt*>(s.node)->name;
  if (s.kind != Scope::Kind::kComprehension) return "";
  switch (static_cast<const Expr*>(s.node)->kind) {
    case ExprKind::kListComp: return "listcomp";
    case ExprKind::kSetComp: return "setcomp";
    case ExprKind::kDictComp: return "dictcomp";
    default: return "genexpr";
  }
}

void write_scopes(const Scope& s, std::vector<std::string>& out) {
  const bool module = s.kind == Scope::Kind::kModule;
  std::vector<std::string> names;
  for (const auto& [name, kind] : s.names) {
    const char* letter = kind == NameKind::kCell ? "C" : kind == NameKind::kFree ? "F" : kind == NameKind::kGlobal ? "G" : "L";
    names.push_back(name + "=" + letter);
  }
  std::sort(names.begin(), names.end());
  std::string line = module ? "M " : (s.kind == Scope::Kind::kClass ? "C " : "F ") + scope_name(s);
  for (const auto& n : names) line += " " + n;
  while (line.back() == ' ') line.pop_back();
  out.push_back(line);
  for (const auto& child : s.children) write_scopes(*child, out);
}

/// For parse_peer.py: N.py in $GRADUS_DUMP becomes N.out.
TEST(Dump, writes_what_the_peer_compares) {
  const char* folder = std::getenv("GRADUS_DUMP");
  if (folder == nullptr) GTEST_SKIP() << "run by tests/unit/parse_peer.py";
  const std::string mode = std::getenv("GRADUS_DUMP_MODE");
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".py") continue;
    auto out = file.path();
    out.replace_extension(".out");
    std::ofstream stream(out, std::ios::binary);
    try {
      const Module m = parse(read(file.path()), file.path().filename(), {.source_bytes = 8u << 20});
      if (mode != "scopes") {
        stream << dump(m, {.spans = mode == "spans"});
        continue;
      }
      std::vector<std::string> lines;
      write_scopes(*resolve(m).root, lines);
      std::sort(lines.begin(), lines.end());
      for (const auto& l : lines) stream << l << "\n";
    } catch (const SyntaxError& e) {
      stream << e.what() << "\n";
    }
  }
}

}  // namespace
}  // namespace gradus::syntax
