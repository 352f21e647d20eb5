#include "design/hub.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "design/builtin.h"
#include "design/export_inside.h"

namespace gradus {
namespace {

std::string hub_text(std::string_view name) {
  for (const auto& [file, text] : builtin_hub()) {
    if (file == name) return std::string(text);
  }
  require(false, "a text of common/design/hub is embedded");
  return {};
}

std::string config_json(const HubExport& what) {
  const std::string file = "modeling_gradus.";
  // Without a tokenizer no number is known to end a document.
  const nlohmann::ordered_json end =
      what.has_tokenizer ? nlohmann::ordered_json(what.end_token) : nlohmann::ordered_json();
  nlohmann::ordered_json config = {
      {"model_type", "gradus"},
      {"architectures", {"GradusForCausalLM"}},
      {"auto_map", {{"AutoConfig", file + "GradusConfig"}, {"AutoModelForCausalLM", file + "GradusForCausalLM"}}},
      {"dtype", "float32"},
      {"vocab_size", what.shape.vocabulary},
      {"hidden_size", what.shape.d_model},
      {"num_hidden_layers", what.shape.n_blocks},
      {"max_position_embeddings", what.shape.context},
      {"bos_token_id", nullptr},
      {"eos_token_id", end},
      {"pad_token_id", end},
      {"tie_word_embeddings", true},
      {"use_cache", false}};
  config["gradus"] = what.facts;
  return config.dump(2) + "\n";
}

std::string tokenizer_config_json(const HubExport& what) {
  nlohmann::ordered_json config = {{"tokenizer_class", "GradusTokenizer"}};
  config["auto_map"]["AutoTokenizer"] = nlohmann::ordered_json::array({"tokenization_gradus.GradusTokenizer", nullptr});
  config["model_max_length"] = what.shape.context;
  return config.dump(2) + "\n";
}

std::string read_me(const HubExport& what, bool weights) {
  std::string text =
      "# " + what.title + "\n\nA language model that Gradus exported, as `transformers` loads it.\n\n```python\n";
  if (weights) {
    text +=
        "from transformers import AutoModelForCausalLM\n\n"
        "model = AutoModelForCausalLM.from_pretrained(\".\", trust_remote_code=True)\n";
  } else {
    text +=
        "from transformers import AutoConfig, AutoModelForCausalLM\n\n"
        "config = AutoConfig.from_pretrained(\".\", trust_remote_code=True)\n"
        "model = AutoModelForCausalLM.from_config(config, trust_remote_code=True)  # PyTorch's own draws\n";
  }
  if (what.has_tokenizer) {
    text +=
        "\nfrom transformers import AutoTokenizer\n\n"
        "tokenizer = AutoTokenizer.from_pretrained(\".\", trust_remote_code=True)\n";
  }
  text += "```\n\n| | |\n|---|---|\n";
  for (const auto& [name, value] : what.facts) text += "| " + name + " | " + value + " |\n";
  text += "| width, blocks, vocabulary, context | " + std::to_string(what.shape.d_model) + ", " +
          std::to_string(what.shape.n_blocks) + ", " + std::to_string(what.shape.vocabulary) + ", " +
          std::to_string(what.shape.context) + " |\n";
  return text +
         "\nThe units are in `modeling_gradus.py` as they were written; padding goes to the right, and there is no "
         "cache.\n";
}

}  // namespace

std::string hub_modeling(const Design& design, const UnitStore& units, const HubExport& what) {
  const ExportedUnits exported = export_units(design, units, what.shape, what.fit_multiplier);
  std::string head = "\"\"\"" + what.title +
                     "\n\nA language model exported by Gradus for transformers: the units of its design as they were "
                     "written, each in a\nfunction of its own, the tree that joins them, and the model around it.\n"
                     "\"\"\"\n";
  for (const std::string& line : exported.futures) head += line + "\n";
  head +=
      "import functools\n\nimport torch\nfrom torch import nn\n"
      "from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel\n"
      "from transformers.modeling_outputs import CausalLMOutput\n\n" +
      exported.constants + "CARRIES = " + (exported.carries ? "True" : "False") + "  # a block hands something on\n" +
      exported.functions;
  while (head.ends_with('\n')) head.pop_back();
  std::string text = hub_text("modeling_gradus.py");
  const std::string mark = "# @HEAD@";
  return text.replace(text.find(mark), mark.size(), head);
}

void write_hub_folder(const Path& folder, const Design& design, const UnitStore& units, const HubExport& what,
                      const NamedTensors& weights) {
  // What an earlier export left is not of this one; config.json goes first and comes last: a folder that has it is
  // whole.
  std::error_code none;
  for (const char* old :
       {"config.json", "model.safetensors", "tokenization_gradus.py", "tokenizer.model", "tokenizer_config.json"})
    std::filesystem::remove(folder / old, none);
  write_file(folder / "modeling_gradus.py", hub_modeling(design, units, what));
  if (what.has_tokenizer) {
    write_file(folder / "tokenization_gradus.py", hub_text("tokenization_gradus.py"));
    if (!what.tokenizer_model.empty()) write_file(folder / "tokenizer.model", what.tokenizer_model);
    write_file(folder / "tokenizer_config.json", tokenizer_config_json(what));
  }
  if (!weights.empty()) write_safetensors(folder / "model.safetensors", weights, {{"format", "pt"}});
  write_file(folder / "README.md", read_me(what, !weights.empty()));
  write_file(folder / "config.json", config_json(what));
}

}  // namespace gradus
