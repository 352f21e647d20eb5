#include "agent/models.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>

#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/unicode.h"
#include "design/builtin.h"

namespace gradus {
namespace {

constexpr double kStaleSeconds = 600;  // the server's script refreshes its address every minute

struct Catalogue {
  int format = 1;
  std::map<std::string, ModelSettings> models;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("models", models);
  }
};

const Catalogue& catalogue() {
  static const Catalogue all = [] {
    Catalogue out;
    for (const auto& [name, text] : builtin_configs()) {
      if (name != "models.yaml") continue;
      Faults faults("configs/models.yaml");
      read_settings(parse_yaml(std::string(text), "configs/models.yaml"), out, faults, "");
      faults.finish();
    }
    return out;
  }();
  return all;
}

std::string read_key(const std::string& name, const ModelSettings& model) {
  if (!model.key_variable.empty()) {
    const char* key = std::getenv(model.key_variable.c_str());
    if (!key || strip(key).empty())
      throw Error("model '" + name + "' needs a key: export " + model.key_variable + "=…, or name a key_file");
    return std::string(strip(key));
  }
  if (model.key_file.empty()) return "";
  struct stat status;
  if (::stat(model.key_file.c_str(), &status) != 0)
    throw_errno("cannot read the key of model '" + name + "',", model.key_file);
  if ((status.st_mode & 077) != 0)
    throw Error("others may read the key in '" + model.key_file + "': chmod 600 '" + model.key_file + "'");
  return std::string(strip(read_file(model.key_file)));
}

std::string read_address(const std::string& name, const ModelSettings& model, const Path& experiment) {
  const Path file = experiment / model.address_file;
  const auto text = read_file_if_exists(file);
  if (!text)
    throw Error("model '" + name + "' has no address yet: '" + file.string() +
                "' is written by its server: sbatch slurm/llm-server.sbatch");
  const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(file);
  const double seconds = std::chrono::duration<double>(age).count();
  if (seconds > kStaleSeconds)
    throw Error("the server of model '" + name + "' gave its last sign of life " + format_duration(seconds) +
                " ago ('" + file.string() + "'): start it again");
  return std::string(strip(text->substr(0, text->find('\n'))));
}

}  // namespace

ModelSettings find_model(const std::string& name, const AgentSettings& settings) {
  if (const auto own = settings.models.find(name); own != settings.models.end()) return own->second;
  const auto& known = catalogue().models;
  if (const auto found = known.find(name); found != known.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [each, model] : settings.models) names.push_back(each);
  for (const auto& [each, model] : known) names.push_back(each);
  const std::string near = nearest(name, names);
  throw UsageError("no model '" + name + "' in agents.models or configs/models.yaml" +
                   (near.empty() ? "" : " (did you mean '" + near + "'?)"));
}

Endpoint reach_model(const std::string& name, const ModelSettings& model, const Path& experiment) {
  Endpoint out;
  out.url = model.url.empty() ? read_address(name, model, experiment) : model.url;
  while (!out.url.empty() && out.url.back() == '/') out.url.pop_back();
  out.model = model.model.empty() ? name : model.model;
  out.key = read_key(name, model);
  out.structured = model.structured, out.stream = model.stream, out.system = model.system;
  out.answer_field = model.answer_field;
  return out;
}

const char* to_string(Role role) {
  constexpr const char* kNames[] = {"proposer", "searcher", "reviewer", "planner", "coder", "observer"};
  return kNames[int(role)];
}

const RoleSettings& role_settings(Role role, const AgentSettings& settings) {
  const RoleSettings* const all[] = {&settings.proposer, &settings.searcher, &settings.reviewer,
                                     &settings.planner,  &settings.coder,    &settings.observer};
  return *all[int(role)];
}

std::string draw_model(Role role, const AgentSettings& settings, uint64_t seed, int generation, int slot) {
  auto options = role_settings(role, settings).models;
  const bool own = !options.empty();
  if (!own) options = settings.proposer.models;
  if (role == Role::kReviewer && options.size() > 1)
    options.erase(draw_model(Role::kProposer, settings, seed, generation, slot));
  double sum = 0;
  for (const auto& [name, weight] : options) sum += weight;
  if (!(sum > 0))
    throw UsageError(std::string("agents.") + to_string(role) +
                     ".models names no model with a weight above 0: for "
                     "instance 'gradus new' with --set \"agents.proposer.models={local: 1}\"");
  Stream stream("model", {seed, uint64_t(generation), uint64_t(slot), own ? uint64_t(role) : 0});
  double left = stream.next_uniform() * sum;
  for (const auto& [name, weight] : options)
    if ((left -= weight) < 0) return name;
  return options.rbegin()->first;
}

double dollars_of(const ModelSettings& model, int64_t input_tokens, int64_t output_tokens) {
  return 1e-6 * (double(input_tokens) * model.input_price + double(output_tokens) * model.output_price);
}

}  // namespace gradus
