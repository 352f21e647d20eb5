#include "design/scales.h"

#include <algorithm>
#include <tuple>

#include "design/builtin.h"

namespace gradus {
namespace {

struct ScalesFile {
  int format = 1;
  Scales scales;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("scales", scales);
  }
};

}  // namespace

std::vector<std::string> ladder_order(const Scales& scales) {
  std::vector<std::string> names;
  for (const auto& [name, scale] : scales) names.push_back(name);
  auto size = [&](const std::string& name) {
    const Scale& s = scales.at(name);
    return std::tuple(s.d_model, s.n_blocks, s.tokens, name);
  };
  std::sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return size(a) < size(b); });
  return names;
}

std::vector<std::string> scale_faults(const Scale& s) {
  std::vector<std::string> faults;
  auto positive = [&](const char* name, double value) {
    if (!(value > 0)) faults.push_back(std::string(name) + " must be above 0");
  };
  auto share = [&](const char* name, double value) {
    if (!(value >= 0 && value <= 1)) faults.push_back(std::string(name) + " must be from 0 to 1");
  };
  positive("d_model", double(s.d_model));
  positive("n_blocks", double(s.n_blocks));
  positive("vocabulary", double(s.vocabulary));
  positive("context", double(s.context));
  positive("batch_tokens", double(s.batch_tokens));
  positive("tokens", double(s.tokens));
  positive("learning_rate", s.learning_rate);
  positive("epsilon", s.epsilon);
  positive("clip", s.clip);
  share("warmup", s.warmup);
  share("final_rate", s.final_rate);
  share("weight_decay", s.weight_decay);
  share("beta1", s.beta1);
  share("beta2", s.beta2);
  if (s.d_model % 16 != 0)
    faults.push_back("d_model must be a multiple of 16 (8 heads of an even width in the GPT2 seed)");
  if (s.context > 0 && s.batch_tokens % s.context != 0) faults.push_back("batch_tokens must be a multiple of context");
  return faults;
}

const Scales& builtin_scales() {
  static const Scales scales = [] {
    for (const auto& [name, text] : builtin_configs()) {
      if (name != "scales.yaml") continue;
      ScalesFile file;
      Faults faults("scales.yaml");
      read_settings(parse_yaml(std::string(text), "scales.yaml"), file, faults, "");
      faults.finish();
      return file.scales;
    }
    throw Error("scales.yaml is not built in");
  }();
  return scales;
}

Shape seed_shape(const Scale& scale) { return {scale.d_model, scale.n_blocks, scale.vocabulary, scale.context}; }

}  // namespace gradus
