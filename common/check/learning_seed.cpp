// The seed's curves and their cache, and the tier in a child: the parts of learning.h that touch files and processes.
#include <nlohmann/json.hpp>

#include "base/child.h"
#include "base/hash.h"
#include "base/log.h"
#include "check/learning.h"
#include "check/yaml_text.h"
#include "design/fit.h"
#include "train/machine.h"

namespace gradus {
namespace {

constexpr const char* kChild = "learning";
constexpr int kScheme = 1;  // of what is measured and how; another number makes all curves again

/// Where the seed's curves are kept: named by all that they depend on.
Path cache_file(const Path& cache, const Scale& scale, const LearningPlan& plan, const std::string& data_hash,
                uint64_t key) {
  std::string text = "scheme " + std::to_string(kScheme) + "\n" + cpu_model() + "\n" +
                     design_id(gpt2_seed(), UnitStore()) + "\n" + data_hash + "\n" + std::to_string(key) + "\n" +
                     to_text(scale) + std::to_string(plan.steps) + " " + std::to_string(plan.batch) + " " +
                     std::to_string(plan.context) + " " + std::to_string(plan.n_blocks);
  for (double m : plan.multipliers) text += " " + format_g(m);
  return cache / ("learning-" + hash_hex16(text) + ".yaml");
}

struct Cached {
  int format = 1;
  Learning learning;
  std::string hash;  // of `learning`'s text: a file cut short or edited is made again
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("learning", learning);
    v("hash", hash);
  }
};

std::optional<Learning> read_cached(const Path& file, size_t n_curves) {
  try {
    const auto text = read_file_if_exists(file);
    if (!text) return std::nullopt;
    const auto cached = from_text<Cached>(*text, file.string());
    if (cached.hash == hash_hex16(to_text(cached.learning)) && cached.learning.curves.size() == n_curves)
      return cached.learning;
  } catch (const Error&) {
  }
  log_info("'" + file.string() + "' is not readable: measured again");
  return std::nullopt;
}

template <class Measure>
Learning cached_or(const Path& cache, const Path& file, size_t n_curves, const Measure& measure) {
  if (cache.empty()) return measure();
  if (auto known = read_cached(file, n_curves)) return *known;
  Cached cached{1, measure(), ""};
  cached.hash = hash_hex16(to_text(cached.learning));
  try {
    write_file(file, to_text(cached));
  } catch (const Error& e) {
    log_warning(std::string("the seed's learning curves are not kept: ") + e.what());  // a full or foreign folder
  }
  return cached.learning;
}

std::string answer(const std::string& text) {
  prepare_process(1);
  const auto r = nlohmann::json::parse(text);
  LearningPlan plan{r.at("steps"), r.at("batch"), r.at("context"), r.at("n_blocks"), r.at("multipliers")};
  const Design design = read_design(parse_yaml(r.at("design"), "design.yaml"), "design.yaml");
  const auto data = read_learning_data(r.at("corpus").get<std::string>(), plan.samples(), plan.context);
  const std::string units = r.at("units");
  return to_text(measure_learning(design, units.empty() ? UnitStore() : UnitStore(Path(units)),
                                  from_text<Scale>(r.at("scale"), "scale"), r.at("fit_multiplier"), r.at("fit_blocks"),
                                  data, plan, r.at("key")));
}

Learning run_job(const LearningJob& job, const LearningPlan& plan, double seconds, double memory_gb) {
  ChildLimits limits;
  limits.seconds_per_request = seconds;
  limits.memory_bytes = static_cast<uint64_t>(memory_gb * double(1 << 30));
  std::string units, corpus;
  if (!job.units_directory.empty())
    limits.readable.push_back(units = std::filesystem::absolute(job.units_directory).string());
  if (!job.corpus.empty()) limits.readable.push_back(corpus = std::filesystem::canonical(job.corpus).string());
  const nlohmann::json request{{"design", job.design_yaml},
                               {"units", units},
                               {"scale", to_text(job.scale)},
                               {"fit_multiplier", job.fit.multiplier},
                               {"fit_blocks", job.fit.n_blocks},
                               {"corpus", corpus},
                               {"key", job.key},
                               {"steps", plan.steps},
                               {"batch", plan.batch},
                               {"context", plan.context},
                               {"n_blocks", plan.n_blocks},
                               {"multipliers", plan.multipliers}};
  const ChildAnswer a = run_in_child(kChild, {request.dump()}, limits).front();
  if (a.kind != ChildAnswer::Kind::kAnswer) throw Error("the short training runs failed: " + a.text);
  return from_text<Learning>(a.text, "answer");
}

}  // namespace

Learning seed_learning(const Scale& scale, const LearningData& data, const LearningPlan& plan, uint64_t key,
                       const Path& cache) {
  return cached_or(cache, cache_file(cache, scale, plan, data.hash, key), plan.multipliers.size(), [&] {
    return measure_learning(gpt2_seed(), UnitStore(), scale, 1, scale.n_blocks, data, plan, key);
  });
}

Learning seed_learning_in_child(const LearningJob& job, const LearningPlan& plan, double seconds, double memory_gb) {
  const std::string hash = read_learning_data(job.corpus, plan.samples(), plan.context).hash;
  LearningJob seed = job;
  seed.design_yaml = to_yaml(write_design(gpt2_seed()));
  seed.fit = Fit{};
  seed.fit.n_blocks = job.scale.n_blocks;
  return cached_or(job.cache, cache_file(job.cache, job.scale, plan, hash, job.key), plan.multipliers.size(),
                   [&] { return run_job(seed, plan, seconds, memory_gb); });
}

void register_learning_child() { register_child(kChild, answer); }

}  // namespace gradus
