#include "agent/prompts.h"

#include <nlohmann/json.hpp>

#include "agent/builtin.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/template.h"

namespace gradus {
namespace {

constexpr const char* kBreak = "=== user ===\n";

std::string prompt_text(const Path& experiment, const std::string& file) {
  if (auto own = read_file_if_exists(experiment / "prompts" / file)) return *own;
  for (const auto& [name, text] : builtin_prompts())
    if (name == file) return std::string(text);
  throw Error("there is no prompt '" + file + "'");
}

}  // namespace

Prompt render_prompt(const Path& experiment, const std::string& name, const nlohmann::json& values) {
  const std::string file = name + ".md", text = prompt_text(experiment, file),
                    contract = prompt_text(experiment, "contract.md");
  const size_t at = text.find(kBreak);
  if (at == text.npos)
    throw Error("prompt '" + file + "' has no line '=== user ===' between what the system and the user say");
  nlohmann::json all = values;
  all["contract"] = contract;
  Prompt out;
  out.system = render_template(text.substr(0, at), all, file);
  out.user = render_template(text.substr(at + std::string(kBreak).size()), all, file);
  out.id = file + "@" + hash_hex16(text + contract);
  return out;
}

}  // namespace gradus
