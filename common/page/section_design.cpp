#include "eval/task_run.h"
#include "page/sections.h"

namespace gradus {
namespace {

using nlohmann::json;

/// Of a proposal, an answer, a checker's words: what a person reads before opening the file.
constexpr size_t kTextShown = 16'000;

std::string cut(const std::string& text) {
  if (text.size() <= kTextShown) return text;
  size_t end = kTextShown;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "\n… (" + std::to_string(text.size() - end) + " bytes more in the file)";
}

/// Any settings struct as JSON, by its fields(): the same names as in its YAML file.
struct FieldJson {
  json out = json::object();
  template <class T>
  void operator()(const char* name, T& member) {
    out[name] = of(member);
  }
  template <class T>
  static json of(T& value) {
    if constexpr (HasFields<T>) {
      FieldJson inner;
      value.fields(inner);
      return inner.out;
    } else if constexpr (std::is_same_v<T, double>) {
      return rounded(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return cut(value);
    } else if constexpr (requires { value.has_value(); }) {
      return value ? of(*value) : json();
    } else if constexpr (requires { typename T::mapped_type; }) {
      json map = json::object();
      for (auto& [key, item] : value) map[key] = of(item);
      return map;
    } else if constexpr (requires { value.begin(); }) {
      json list = json::array();
      for (auto& item : value) list.push_back(of(item));
      return list;
    } else {
      return value;
    }
  }
};
template <class T>
json to_json(const std::optional<T>& value) {
  if (!value) return nullptr;
  T copy = *value;
  return FieldJson::of(copy);
}

json tree_json(const UnitNode& node) {
  json slots = json::object(), arguments = json::object();
  for (const auto& [name, value] : node.arguments) arguments[name] = value;
  for (const auto& [name, filler] : node.slots) slots[name] = tree_json(filler);
  json out = {{"unit", node.unit}};
  if (!arguments.empty()) out["arguments"] = arguments;
  if (!slots.empty()) out["slots"] = slots;
  return out;
}

json run_json(const Facts& facts, const DesignFacts& design, const RunFacts& run) {
  json out = {{"run", run.run.text()},
              {"scale", run.run.scale},
              {"seed", run.run.seed},
              {"multiplier", rounded(run.run.learning_rate_multiplier, 3)},
              {"result", to_json(run.result)},
              {"evaluation", to_json(run.evaluation)},
              {"curve", curve_json(facts.experiment.run_directory(design.name, run.run), 40)}};
  try {
    out["tasks"] =
        to_json(read_yaml_if_exists<TaskEvaluation>(task_evaluation_file(facts.experiment, design.name, run.run)));
  } catch (const Error& fault) {
    out["tasks_fault"] = fault.what();
  }
  return out;
}

/// Who was asked, what it cost; of reviewers what they said.
json calls_json(const Facts& facts, const DesignName& design) {
  const std::string name = design.text();
  const Path path = facts.experiment.root() / "transcripts" / name.substr(0, name.find('-')) / (name + ".jsonl");
  json calls = json::array();
  if (!std::filesystem::exists(path)) return calls;
  for (const std::string& text : read_lines(path)) {
    const json line = json::parse(text, nullptr, false);
    if (!line.is_object()) continue;
    const auto text_of = [&](const char* key) {
      return line.contains(key) && line[key].is_string() ? line[key].get<std::string>() : std::string();
    };
    const std::string event = text_of("event");
    if (event != "answer" && event != "failed") continue;
    json call = {{"call", text_of("call")}, {"role", text_of("role")}, {"model", text_of("model")}};
    for (const char* number : {"input_tokens", "output_tokens", "dollars", "seconds"})
      if (line.contains(number) && line[number].is_number()) call[number] = rounded(line[number].get<double>());
    if (event == "failed") call["fault"] = cut(text_of("fault"));
    if (text_of("role") == "reviewer") call["text"] = cut(text_of("text"));
    calls.push_back(call);
  }
  return calls;
}

json decisions_json(const Facts& facts, const std::string& name) {
  json out = json::array();
  for (const Selection& selection : facts.selections)
    for (const auto* list : {&selection.chosen, &selection.passed_over})
      for (const Chosen& chosen : *list)
        if (chosen.design == name)
          out.push_back({{"generation", selection.generation},
                         {"stage", selection.stage},
                         {"chosen", list == &selection.chosen},
                         {"role", chosen.role},
                         {"runs", chosen.runs},
                         {"estimate", rounded(chosen.estimate)},
                         {"lower", rounded(chosen.lower)},
                         {"upper", rounded(chosen.upper)},
                         {"reason", chosen.reason}});
  return out;
}

/// What a person types to have the same again, from the files alone: no model is asked.
json commands_json(const DesignFacts& design, const std::string& folder) {
  const std::string name = design.name.text();
  const std::string path = "again/designs/" + name.substr(0, name.find('-')) + "/" + name;
  json out = json::array();
  if (!design.tree) return out;
  // --force takes away what was there before it makes it again: not from the experiment that is shown.
  std::string quoted = "'";
  for (char c : folder) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  out.push_back("cp -r " + quoted + "' again");
  out.push_back("bin/check --force " + path);
  const RunFacts* last = nullptr;
  for (const RunFacts& run : design.runs)
    if (run.result) last = &run;
  if (last != nullptr) {
    const std::string text = last->run.text(), rate = text.substr(text.rfind("-lr") + 3);
    const std::string which =
        " --scale " + last->run.scale + " --seed " + std::to_string(last->run.seed) + " --lr " + rate;
    out.push_back("bin/pretrain --force " + path + which);
    out.push_back("bin/evaluate --force " + path + which);
    if (last->result->verdict == "done")
      out.push_back("bin/export " + path + " --weights " + path + "/runs/" + text + " -o " + name + ".py");
  } else {
    out.push_back("bin/export " + path + " -o " + name + ".py");
  }
  return out;
}

}  // namespace

json design_page(const Facts& facts, const DesignFacts& design) {
  const std::string name = design.name.text();
  const Path at = facts.experiment.directory(design.name);
  json runs = json::array();
  for (const RunFacts& run : design.runs) runs.push_back(run_json(facts, design, run));
  json out = {{"name", name},
              {"origin", to_json(design.origin)},
              {"review", to_json(design.review)},
              {"implementation", to_json(design.implementation)},
              {"check", to_json(design.check)},
              {"tree", design.tree ? tree_json(design.tree->root) : json()},
              {"runs", runs},
              {"calls", calls_json(facts, design.name)},
              {"decisions", decisions_json(facts, name)},
              {"commands", commands_json(design, folder_name(facts.experiment))}};
  try {
    const auto proposal = read_file_if_exists(at / "proposal.md");
    out["proposal"] = proposal ? json(cut(*proposal)) : json();
    out["probes"] = to_json(read_yaml_if_exists<Probes>(at / "probes.yaml"));
  } catch (const Error& fault) {
    out["fault"] = fault.what();
  }
  return out;
}

json unit_page(const UnitStore& units, const std::string& hash) {
  try {
    const std::string source = units.source(hash);
    return {{"class", last_class(source)}, {"file", units.file_name(hash)}, {"source", source}};
  } catch (const Error& fault) {
    return {{"class", hash}, {"file", ""}, {"source", ""}, {"fault", fault.what()}};
  }
}

}  // namespace gradus
