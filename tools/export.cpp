// export - a design as it would be written by hand: stock PyTorch or a folder for transformers, with weights if wanted.
#include <algorithm>

#include "base/tool.h"
#include "design/experiment.h"
#include "design/fit.h"
#include "train/exported.h"
#include "train/run.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: export [options] DESIGN

Writes a design as one file of stock PyTorch that needs nothing of ours, fitted to a scale, and the weights of a run.
With --transformers a folder that Hugging Face transformers loads with trust_remote_code=True, tokenizer and all.

Reads   designs/…/design.yaml, units/, experiment.yaml (scales, check.*); with --weights the run's config.yaml,
        pretrain.yaml and weights; with --transformers corpus/vN.model. DESIGN may be the name of a built-in design
Writes  NAME.py and, with --weights, NAME.safetensors beside it; with --transformers in the folder NAME: config.json,
        modeling_gradus.py, model.safetensors, tokenizer files where there is a tokenizer, README.md
Prints  design  verdict  run  file  parameters
Exits   0 done; 1 the design does not fit the scale; 2 not done

Examples
  $ bin/export gpt2 --scale nano -o gpt2.py
  $ bin/export exp/designs/g000/g000-000 -o exported/
  $ bin/export exp/designs/g000/g000-000 --weights exp/designs/g000/g000-000/runs/nano-s0-lr1 --transformers -o hub/
)";

/// What is exported: a tree at a shape.
struct Subject {
  std::string title, scale_name;
  Design design;
  UnitStore units;
  Scale scale;
  CheckSettings tolerance;
  Path corpus;  // of the experiment
};

Subject find_subject(const Args& args, const std::string& name, const std::string& scale_name) {
  const auto known = builtin_design_names();
  if (std::count(known.begin(), known.end(), name) && !std::filesystem::exists(name)) {
    const std::string wanted = scale_name.empty() ? "nano" : scale_name;
    const auto scale = builtin_scales().find(wanted);
    const std::string near = nearest(wanted, ladder_order(builtin_scales()));
    if (scale == builtin_scales().end())
      throw UsageError("no scale '" + wanted + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
    if (args.has("weights")) throw UsageError("--weights needs a design of an experiment, not '" + name + "'");
    return {name, wanted, builtin_design(name), UnitStore(), scale->second, {}, {}};
  }
  const Located at = locate_design(name);
  const Experiment experiment(at.experiment);
  const std::string wanted = scale_name.empty() ? experiment.settings().rungs.front() : scale_name;
  return {at.design.text(),
          wanted,
          experiment.read_tree(at.design),
          experiment.units(),
          experiment.scale(wanted),
          experiment.settings().check,
          experiment.corpus()};
}

/// NAME.py in the folder named, or the file named; of a folder for transformers the folder.
Path output_path(const Args& args, const std::string& title) {
  const std::string out = args.get_or("output", ".");
  if (args.has("transformers")) {
    if (out.ends_with(".py")) throw UsageError("--transformers writes a folder, not '" + out + "'");
    return Path(out) / title;
  }
  return out.ends_with(".py") ? Path(out) : Path(out) / (title + ".py");
}

Record export_one(const Args& args, const Record& input) {
  const std::optional<std::string> run = args.get("weights");
  std::string scale_name = args.get_or("scale", "");
  std::optional<RunConfig> config;
  if (run) {
    if (!std::filesystem::exists(Path(*run) / "config.yaml"))
      throw UsageError("'" + *run +
                       "' is no run: expected DESIGN/runs/SCALE-s0-lr1; train it first: pretrain DESIGN --scale SCALE");
    config = read_yaml<RunConfig>(Path(*run) / "config.yaml");
    if (!scale_name.empty() && scale_name != config->scale_name) {
      throw UsageError("run '" + *run + "' is of scale '" + config->scale_name + "', not '" + scale_name + "'");
    }
    scale_name = config->scale_name;
  }
  const Subject subject = find_subject(args, input.design, scale_name);
  Fit fit;
  std::string why;
  if (config) {
    fit.multiplier = config->fit_multiplier;
    fit.n_blocks = config->n_blocks;
  } else {
    fit = fit_design(subject.design, subject.units, subject.scale, subject.tolerance, &why);
    if (!fit.fits) return {input.design, Verdict::kNo, ".", {".", ".", why}};
  }
  const Shape shape = fitted_shape(subject.scale, fit);
  const Path file = output_path(args, subject.title);
  std::string hash;
  NamedTensors weights;
  if (run) weights = exported_weights(*run, subject.design, subject.units, shape, fit.multiplier, hash);
  if (args.has("transformers")) {
    HubExport what{subject.title, shape, fit.multiplier};
    what.facts = {{"design", subject.title},
                  {"design_id", design_id(subject.design, subject.units)},
                  {"scale", subject.scale_name}};
    if (run) what.facts["run"] = (Path(*run) / "").parent_path().filename().string(), what.facts["weights_hash"] = hash;
    add_tokenizer(what, subject.corpus);
    write_hub_folder(file, subject.design, subject.units, what, weights);
  } else {
    write_file(file, export_pytorch(subject.design, subject.units, shape, fit.multiplier, subject.title));
    if (run) {
      write_safetensors(Path(file).replace_extension(".safetensors"), weights,
                        {{"design", subject.title}, {"weights_hash", hash}});
    }
  }
  return {input.design,
          Verdict::kOk,
          run.value_or("."),
          {file.string(), fit.parameters ? std::to_string(fit.parameters) : "."}};
}

int export_designs(const Args& args) {
  return for_each_design(args, [&](const Record& record) { return export_one(args, record); }, {"file", "parameters"});
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"scale", "NAME", "the rung it is fitted to (the lowest of the experiment)"},
                           {"weights", "RUN", "the directory of a finished run: its weights too"},
                           {"transformers", "", "a folder for Hugging Face transformers"},
                           {"output", "FILE.py|FOLDER", "where to (the folder one is in)", false, 'o'}},
                          gradus::export_designs);
}
