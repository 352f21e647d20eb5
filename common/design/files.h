/// The small YAML files of an experiment, each one struct with its fields in writing order, all `format: 1`.
/// data/README.md shows an example of each. A "no" leaves a file; an error leaves none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/file.h"
#include "design/agent_settings.h"
#include "design/scales.h"

namespace gradus {

// experiment.yaml -----------------------------------------------------------------------------------------------

struct CorpusSettings {
  std::vector<std::string> text;   // folders or files, as given to prepare (may be set there)
  std::string encoding = "utf-8";  // or latin1
  bool strict = false;             // invalid UTF-8 is an error, not a skipped document
  double validation_share = 0.05;  // of documents, by hash
  double confirmation_share = 0.05;
  template <class V>
  void fields(V& v) {
    v("text", text);
    v("encoding", encoding);
    v("strict", strict);
    v("validation_share", validation_share);
    v("confirmation_share", confirmation_share);
  }
};
struct ProposeSettings {
  std::string agent = "genetic";                // no model; or openai, mailbox, replay
  double p_crossover = 0.15, p_scratch = 0.05;  // else mutation (reference: .80/.15/.05)
  int attempts = 10;                            // proposals tried for one slot until one is novel
  template <class V>
  void fields(V& v) {
    v("agent", agent);
    v("p_crossover", p_crossover);
    v("p_scratch", p_scratch);
    v("attempts", attempts);
  }
};
struct ReviewSettings {
  double accept_rating = 4;  // of 0-5
  double largest_cost = 3;   // FLOPs a token over the GPT2 seed's at the same parameters
  int n_relatives = 3;       // nearest designs shown
  template <class V>
  void fields(V& v) {
    v("accept_rating", accept_rating);
    v("largest_cost", largest_cost);
    v("n_relatives", n_relatives);
  }
};
struct CheckSettings {
  double parameter_tolerance = 0.02;  // whole model against the seed's parameters
  double block_tolerance = 0.05;      // blocks alone
  std::string canaries = "fast";      // judged when generation 0 opens: fast, all or none
  std::string tier = "full";          // fast, full or learning: the last one that runs
  double leak_tolerance = 1e-9;       // largest relative change of earlier outputs, float64
  double fast_gflop = 10;             // of the causality check in the fast tier, float64
  double full_gflop = 150;            // in the full tier
  double largest_exponent = 2.5;      // of FLOPs, bytes and live memory in the length: refused above
  double largest_flops = 4;           // over the GPT2 seed's at the same shape
  double largest_memory = 48;         // likewise, peak of live bytes
  double largest_calls = 128;         // operator calls a token and block at 256 tokens
  double largest_spread = 4;          // of FLOPs and operator calls over inputs of one shape
  double largest_time = 10;           // of a step over the seed's in the same process, twice
  double unreached_share = 0.05;      // of the blocks' parameters that no gradient reaches
  double duplicated_share = 0.05;     // of the blocks' parameters that may repeat others
  double learning_share = 0.5;        // of the GPT2 seed's fall below ln V in 200 steps, that a design must reach
  double seconds = 60;                // of the processor, one design in the child; thrice that with the learning tier
  double memory_gb = 6;
  template <class V>
  void fields(V& v) {
    v("parameter_tolerance", parameter_tolerance);
    v("block_tolerance", block_tolerance);
    v("canaries", canaries);
    v("tier", tier);
    v("leak_tolerance", leak_tolerance);
    v("fast_gflop", fast_gflop);
    v("full_gflop", full_gflop);
    v("largest_exponent", largest_exponent);
    v("largest_flops", largest_flops);
    v("largest_memory", largest_memory);
    v("largest_calls", largest_calls);
    v("largest_spread", largest_spread);
    v("largest_time", largest_time);
    v("unreached_share", unreached_share);
    v("duplicated_share", duplicated_share);
    v("learning_share", learning_share);
    v("seconds", seconds);
    v("memory_gb", memory_gb);
  }
};
/// How parents are drawn (common/ladder/parents.h says with which frequencies).
struct DrawSettings {
  std::string rule = "thompson";           // thompson, quadrants, islands or elites
  double explore = 0.2;                    // quadrants: from "poor, high confidence" (the reference's)
  double restart = 0.05;                   // quadrants: a baseline instead (the reference's)
  double good_share = 0.25;                // quadrants: of the designs, good; and of high confidence
  int64_t islands = 4, migrate_turns = 3;  // islands: how many; a guest comes every so many turns of the ring
  template <class V>
  void fields(V& v) {
    v("rule", rule);
    v("explore", explore);
    v("restart", restart);
    v("good_share", good_share);
    v("islands", islands);
    v("migrate_turns", migrate_turns);
  }
};
/// What the experiment may spend, and how many climb.
struct BudgetSettings {
  std::string counts = "share";  // share: rules.promote_share; quarter: the reference's; worth: what pays
  std::string unit = "designs";  // of cap: designs, flops or gpu_hours
  double cap = 0;                // 0: none; designs: at the lowest rung, above it a quarter of the rung below
  template <class V>
  void fields(V& v) {
    v("counts", counts);
    v("unit", unit);
    v("cap", cap);
  }
};
/// The promotion rule itself; frozen, changed only by `new`.
struct Rules {
  std::vector<double> learning_rates{1.0 / 3, 1, 3};  // multipliers tried at the lowest rung, for every arm
  int seeds = 2;                                      // paired seeds of every design at the lowest rung
  int baseline_seeds = 4;                             // of the baseline: gives the noise estimate
  int upper_seeds = 1;                                // at the rungs above
  int upper_baseline_seeds = 2;                       // there, of the baseline: each rung has a noise of its own
  double promote_share = 0.25;                        // of the designs that finished a rung
  int promote_least = 1;
  double confidence = 0.9;            // of the intervals and of the lower bound
  double audit_share = 0.05;          // of the not promoted, promoted to measure the gate
  int parents = 2;                    // drawn for the next generation
  double floor_share = 0.3;           // a design better than the baseline by more than this share is quarantined
  double false_share = 0;             // above 0: only who is better by Benjamini and Hochberg at this rate climbs
  std::string promotion = "barrier";  // or async: whoever is ready is decided on
  int64_t staleness = 1;              // async: closed generations that parents may lack
  DrawSettings draw;
  BudgetSettings budget;
  template <class V>
  void fields(V& v) {
    v("learning_rates", learning_rates);
    v("seeds", seeds);
    v("baseline_seeds", baseline_seeds);
    v("upper_seeds", upper_seeds);
    v("upper_baseline_seeds", upper_baseline_seeds);
    v("promote_share", promote_share);
    v("promote_least", promote_least);
    v("confidence", confidence);
    v("audit_share", audit_share);
    v("parents", parents);
    v("floor_share", floor_share);
    v("false_share", false_share);
    v("promotion", promotion);
    v("staleness", staleness);
    v("draw", draw);
    v("budget", budget);
  }
};
struct EvaluateSettings {
  int64_t tokens = 262'144;  // of each shard at most; 0: all
  template <class V>
  void fields(V& v) {
    v("tokens", tokens);
  }
};
struct PretrainSettings {
  int64_t checkpoint_steps = 500;  // a checkpoint every so many steps
  int64_t validate_steps = 100;    // bits per byte on a validation slice every so many steps
  int64_t micro_batch = 0;         // sequences at once on a rank; 0: all that the rank has
  int64_t keep_checkpoints = 2;
  double diverged_ratio = 1.5;        // smoothed loss above this × its best, or not finite: diverged
  std::string gemm = "probe";         // probe, mkl, onednn: the fp32 matrix back end
  std::string precision = "float32";  // of the model's arithmetic; bfloat16: weights and moments stay float32
  int64_t unit_steps = 100;           // norms of the units' gradients and outputs every so many steps; 0: never
  double deadline_seconds = 900;      // that a rank waits for another
  std::string device = "auto";        // cpu, cuda; auto: a GPU where there is one
  bool device_graph = false;          // on a GPU a micro-batch is recorded once and replayed
  bool deterministic = true;          // on a GPU: the same bits from run to run, at a price
  template <class V>
  void fields(V& v) {
    v("checkpoint_steps", checkpoint_steps);
    v("validate_steps", validate_steps);
    v("micro_batch", micro_batch);
    v("keep_checkpoints", keep_checkpoints);
    v("diverged_ratio", diverged_ratio);
    v("gemm", gemm);
    v("precision", precision);
    v("unit_steps", unit_steps);
    v("deadline_seconds", deadline_seconds);
    v("device", device);
    v("device_graph", device_graph);
    v("deterministic", deterministic);
  }
};
struct Settings {
  int format = 1;
  std::string name = "experiment";
  int64_t seed = 0;                                 // of the search itself
  std::vector<std::string> rungs{"nano", "micro"};  // ladder, lowest first
  std::vector<std::string> baselines{"gpt2"};       // built-in designs of generation 0; the first is the reference
  int proposals = 6;                                // a generation
  CorpusSettings corpus;
  ProposeSettings propose;
  AgentSettings agents;
  ReviewSettings review;
  CheckSettings check;
  PretrainSettings pretrain;
  EvaluateSettings evaluate;
  Rules rules;
  std::map<std::string, Scale> scales;  // the rungs used, whole, frozen
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("name", name);
    v("seed", seed);
    v("rungs", rungs);
    v("baselines", baselines);
    v("proposals", proposals);
    v("corpus", corpus);
    v("propose", propose);
    v("agents", agents);
    v("review", review);
    v("check", check);
    v("pretrain", pretrain);
    v("evaluate", evaluate);
    v("rules", rules);
    v("scales", scales);
  }
};

// one design's files ----------------------------------------------------------------------------------------------

struct Origin {  // origin.yaml, by propose (or new for generation 0)
  int format = 1;
  std::vector<std::string> parents;  // design names
  std::string operation;  // "seed", "rebind", "graft", "argument", "wrap", "parallel", "crossover", "scratch", "import"
  std::string where;      // slot path it acted on
  std::string rationale;  // one sentence
  std::string agent = "genetic";
  int attempt = 0;                 // of a model: which of its drafts this is, from 1
  double tokens = 0, dollars = 0;  // spent on it up to here
  std::string experiment;          // settings hash
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("parents", parents);
    v("operation", operation);
    v("where", where);
    v("rationale", rationale);
    v("agent", agent);
    v("attempt", attempt);
    v("tokens", tokens);
    v("dollars", dollars);
    v("experiment", experiment);
  }
};
struct Review {  // review.yaml
  int format = 1;
  bool accepted = false;
  double rating = 0;  // 0-5
  std::vector<std::string> reasons;
  std::vector<std::string> relatives;  // nearest designs, nearest first
  double novelty = 0;                  // 0 duplicate … 1 shares nothing
  double flops_ratio = 0;              // against the seed, a token, lowest rung
  std::string design_id, trace_id;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("accepted", accepted);
    v("rating", rating);
    v("reasons", reasons);
    v("relatives", relatives);
    v("novelty", novelty);
    v("flops_ratio", flops_ratio);
    v("design_id", design_id);
    v("trace_id", trace_id);
  }
};
struct Attempt {
  std::string slot, unit, told;  // told: "passed" or the checker's words
  template <class V>
  void fields(V& v) {
    v("slot", slot);
    v("unit", unit);
    v("told", told);
  }
};
struct Implementation {  // implement.yaml
  int format = 1;
  bool built = false;
  std::string reason;
  std::vector<Attempt> attempts;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("built", built);
    v("reason", reason);
    v("attempts", attempts);
  }
};
struct Measurement {          // one check
  std::string name, verdict;  // ok, no, warning
  double value = 0, limit = 0;
  std::string unit, evidence, hint;  // unit: slot path blamed
  double seconds = 0;
  template <class V>
  void fields(V& v) {
    v("name", name);
    v("verdict", verdict);
    v("value", value);
    v("limit", limit);
    v("unit", unit);
    v("evidence", evidence);
    v("hint", hint);
    v("seconds", seconds);
  }
};
struct Fit {              // of a design at a scale
  double multiplier = 1;  // over all FIT arguments
  int64_t n_blocks = 0, parameters = 0, block_parameters = 0;
  int64_t target_parameters = 0, target_block_parameters = 0;  // the GPT2 seed's
  double flops_per_token = 0, seed_flops_per_token = 0;        // forward, at the scale's context
  bool fits = false;
  template <class V>
  void fields(V& v) {
    v("multiplier", multiplier);
    v("n_blocks", n_blocks);
    v("parameters", parameters);
    v("block_parameters", block_parameters);
    v("target_parameters", target_parameters);
    v("target_block_parameters", target_block_parameters);
    v("flops_per_token", flops_per_token);
    v("seed_flops_per_token", seed_flops_per_token);
    v("fits", fits);
  }
};
struct LearningCurve {    // 200 short steps at one learning rate: losses in nats a token
  double multiplier = 1;  // of the scale's learning rate
  int64_t steps = 0;      // made; fewer than asked: it diverged
  std::string fault;      // empty, "not finite at step 7", "diverged at step 90"
  double start = 0, at_25 = 0, at_50 = 0, at_100 = 0, at_200 = 0;  // the ten steps up to there, start: step 1
  double final_loss = 0;                                           // mean of the last 20 steps
  double area = 0;                                                 // mean over all steps
  double slope = 0;                                                // nats a step over the last 50
  int64_t spikes = 0;  // steps more than half a nat above the smoothed loss before them
  double gradient_norm = 0, largest_gradient_norm = 0;  // median and largest, before the clip
  template <class V>
  void fields(V& v) {
    v("multiplier", multiplier);
    v("steps", steps);
    v("fault", fault);
    v("start", start);
    v("at_25", at_25);
    v("at_50", at_50);
    v("at_100", at_100);
    v("at_200", at_200);
    v("final_loss", final_loss);
    v("area", area);
    v("slope", slope);
    v("spikes", spikes);
    v("gradient_norm", gradient_norm);
    v("largest_gradient_norm", largest_gradient_norm);
  }
};
struct Learning {  // the learning tier's measurements of a design, or of the seed
  std::vector<LearningCurve> curves;
  double unigram_loss = 0;  // of the last 20 steps' targets under the data's token shares: knowing no context
  int64_t vocabulary = 0, n_blocks = 0;
  std::string data, data_hash;  // what it learned from
  template <class V>
  void fields(V& v) {
    v("curves", curves);
    v("unigram_loss", unigram_loss);
    v("vocabulary", vocabulary);
    v("n_blocks", n_blocks);
    v("data", data);
    v("data_hash", data_hash);
  }
};
struct CheckResult {  // check.yaml
  int format = 1;
  bool passed = false;
  std::string tier = "fast";
  std::string reason, unit, evidence, hint;  // of the first refusal
  std::string design_id, trace_id;
  std::map<std::string, Fit> fits;  // by scale
  std::vector<Measurement> checks;
  std::optional<Learning> learning;  // curves of the learning tier, where it ran
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("passed", passed);
    v("tier", tier);
    v("reason", reason);
    v("unit", unit);
    v("evidence", evidence);
    v("hint", hint);
    v("design_id", design_id);
    v("trace_id", trace_id);
    v("fits", fits);
    v("checks", checks);
    v("learning", learning);
  }
};
struct CanaryRecord {  // canaries.yaml: what the gate is worth, measured before generation 0 (check/canaries.h)
  int format = 1;
  std::string scale;
  int cheats = 0, caught = 0, honest = 0;         // blocks judged, of both kinds; cheats refused for what they do
  std::vector<std::string> misses, false_alarms;  // names with what happened
  double seconds = 0;                             // of all children together
  std::string experiment;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("scale", scale);
    v("cheats", cheats);
    v("caught", caught);
    v("honest", honest);
    v("misses", misses);
    v("false_alarms", false_alarms);
    v("seconds", seconds);
    v("experiment", experiment);
  }
};
struct ProbeScore {              // one setting of one synthetic task
  std::string task, setting;     // "mqar", "V256 L48 N1048576 K4"
  double accuracy = 0;           // balanced: mean over the targets' kinds; over seeds
  double chance = 0;             // of guessing
  double deviation = 0;          // of the accuracy over seeds
  int64_t seeds = 0, steps = 0;  // steps: of the longest run
  double learning_rate = 0, weight_decay = 0;
  bool saturated = false;  // above 0.99: the setting is too easy to tell designs apart
  double seconds = 0;
  template <class V>
  void fields(V& v) {
    v("task", task);
    v("setting", setting);
    v("accuracy", accuracy);
    v("chance", chance);
    v("deviation", deviation);
    v("seeds", seeds);
    v("steps", steps);
    v("learning_rate", learning_rate);
    v("weight_decay", weight_decay);
    v("saturated", saturated);
    v("seconds", seconds);
  }
};
struct Probes {  // probes.yaml: features, never a rank
  int format = 1;
  std::string setting;  // fast, full
  std::string scale;    // whose width and fit; two blocks
  std::string design_id;
  std::vector<ProbeScore> scores;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("setting", setting);
    v("scale", scale);
    v("design_id", design_id);
    v("scores", scores);
  }
};
struct RunResult {  // runs/…/pretrain.yaml
  int format = 1;
  std::string verdict;  // done, diverged
  std::string reason;
  int64_t steps = 0, tokens = 0, parameters = 0;
  double loss = 0;                // mean training loss of the last tenth, nats a token
  double bits_per_byte_half = 0;  // validation slice at half the tokens: the learning curve's other point
  double bits_per_byte = 0;       // validation slice at the end
  double flops = 0;               // forward and backward, whole run
  std::string weights_hash;       // XXH3 over all parameters in order
  std::string weights;            // file with them, relative to the run's directory
  std::string design_id, experiment, corpus_hash;
  int ranks = 1, threads = 1;
  std::string gemm;
  std::string device = "cpu";  // or a GPU's name
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("verdict", verdict);
    v("reason", reason);
    v("steps", steps);
    v("tokens", tokens);
    v("parameters", parameters);
    v("loss", loss);
    v("bits_per_byte_half", bits_per_byte_half);
    v("bits_per_byte", bits_per_byte);
    v("flops", flops);
    v("weights_hash", weights_hash);
    v("weights", weights);
    v("design_id", design_id);
    v("experiment", experiment);
    v("corpus_hash", corpus_hash);
    v("ranks", ranks);
    v("threads", threads);
    v("gemm", gemm);
    v("device", device);
  }
};
struct Score {                                   // one shard of one run
  double bits_per_byte = 0, standard_error = 0;  // over documents
  double untrained_bits_per_byte = 0;            // the same model at initialisation
  int64_t documents = 0, tokens = 0, bytes = 0;
  template <class V>
  void fields(V& v) {
    v("bits_per_byte", bits_per_byte);
    v("standard_error", standard_error);
    v("untrained_bits_per_byte", untrained_bits_per_byte);
    v("documents", documents);
    v("tokens", tokens);
    v("bytes", bytes);
  }
};
struct Evaluation {  // evaluate/RUN.yaml
  int format = 1;
  std::string weights_hash, experiment, corpus_hash;
  std::map<std::string, Score> shards;  // validation, confirmation
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("weights_hash", weights_hash);
    v("experiment", experiment);
    v("corpus_hash", corpus_hash);
    v("shards", shards);
  }
};

// selected/ -------------------------------------------------------------------------------------------------------

struct Chosen {
  std::string design;
  std::string role;                           // baseline, candidate, audit, parent
  std::vector<std::string> runs;              // run names asked for, e.g. nano-s0-lr1
  double estimate = 0, lower = 0, upper = 0;  // bits per byte better than the baseline (positive: better)
  std::string reason;
  template <class V>
  void fields(V& v) {
    v("design", design);
    v("role", role);
    v("runs", runs);
    v("estimate", estimate);
    v("lower", lower);
    v("upper", upper);
    v("reason", reason);
  }
};
struct Selection {  // selected/g004-nano.yaml
  int format = 1;
  int generation = 0;
  std::string stage;  // parents, a scale's name, close
  std::string rule;   // in words
  double noise = 0;   // seed standard deviation used, bits per byte
  int considered = 0;
  std::vector<Chosen> chosen;
  std::vector<Chosen> passed_over;  // with reasons
  std::string experiment;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("generation", generation);
    v("stage", stage);
    v("rule", rule);
    v("noise", noise);
    v("considered", considered);
    v("chosen", chosen);
    v("passed_over", passed_over);
    v("experiment", experiment);
  }
};

/// Reading checks `format` (another number: a clear refusal) and all keys; throws Error naming file and line.
template <HasFields T>
T read_yaml(const Path& path) {
  Faults faults(path.string());
  const YAML::Node document = load_yaml(path);
  const YAML::Node format = document.IsMap() ? document["format"] : YAML::Node(YAML::NodeType::Undefined);
  if (!format.IsDefined() || format.Scalar() != "1") {
    faults.add(format.IsDefined() ? format : document, format.IsDefined()
                                                           ? "format " + format.Scalar() + ", this build reads 1"
                                                           : "'format' is missing, this build reads 1");
    faults.finish();
  }
  T value;
  read_settings(document, value, faults, "");
  faults.finish();
  return value;
}
template <HasFields T>
std::optional<T> read_yaml_if_exists(const Path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_yaml<T>(path);
}
template <HasFields T>
void write_yaml(const Path& path, T value) {
  FieldWriter writer;
  value.fields(writer);
  write_file(path, to_yaml(writer.node));
}

}  // namespace gradus
