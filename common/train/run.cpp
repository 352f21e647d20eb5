#include "train/run.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <functional>
#include <optional>

#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/tool.h"
#include "train/head_loss.h"
#include "train/loop.h"
#include "train/machine.h"
#include "train/weights.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%FT%TZ", std::gmtime(&now));
  return text;
}

/// What may fail on one rank alone, before the ranks need one another.
struct Prepared {
  Trainable trainable;
  TokenShard train, validation;
  std::unique_ptr<LanguageModel> model;
  Accelerator* accelerator = nullptr;
  int threads = 1;
  std::string device() const { return accelerator ? accelerator->name() : "cpu"; }
};

/// One forward and backward of a micro-batch, of arbitrary tokens, that leaves the model as it was.
void rehearse(LanguageModel& model, const Scale& scale, int64_t micro_batch) {
  std::vector<at::Tensor> buffers;
  for (const auto& b : model.buffers()) buffers.push_back(b.tensor.clone());
  model.set_step(stream_key("rehearsal"));
  at::Tensor tokens = at::empty({micro_batch, scale.context}, at::kLong);
  for (int64_t i = 0; i < tokens.numel(); ++i) tokens.data_ptr<int64_t>()[i] = i * 7 % scale.vocabulary;
  backpropagate(model, tokens, tokens.reshape({-1}), 1.0 / static_cast<double>(tokens.numel()),
                at::zeros(model.head().sizes(), at::kFloat));
  for (const auto& p : model.parameters()) at::Tensor(p.tensor).mutable_grad() = at::Tensor();
  const auto now = model.buffers();
  for (size_t i = 0; i < now.size(); ++i) at::Tensor(now[i].tensor).copy_(buffers[i]);
}

/// `key` of the file that has been there longest says which; where it is new, it is probed and put down.
Gemm settle_gemm(const Path& file, const std::string& key, const std::function<GemmProbe()>& probe) {
  const auto known = [&]() -> std::optional<Gemm> {
    if (!std::filesystem::exists(file)) return std::nullopt;
    for (const std::string& line : read_lines(file))
      if (line.starts_with(key + '\t')) {
        const size_t at = key.size() + 1;
        return parse_gemm(line.substr(at, line.find('\t', at) - at));
      }
    return std::nullopt;
  };
  if (const auto gemm = known()) return *gemm;
  const GemmProbe p = probe();
  char seconds[64];
  std::snprintf(seconds, sizeof seconds, "\t%.4g\t%.4g", p.mkl_seconds, p.onednn_seconds);
  append_line(file, key + '\t' + to_string(p.chosen) + seconds);
  return known().value_or(p.chosen);  // another run of this design may have been first
}

RunConfig new_config(const PretrainRequest& request, const Prepared& p, int n_ranks, bool begun) {
  const Trainable& trainable = p.trainable;
  RunConfig c;
  c.design = request.design.text();
  c.scale_name = request.run.scale;
  c.seed = request.run.seed;
  c.learning_rate_multiplier = request.run.learning_rate_multiplier;
  c.scale = request.experiment.scale(request.run.scale);
  c.fit_multiplier = trainable.fit.multiplier;
  c.n_blocks = trainable.fit.n_blocks;
  c.device = p.device();
  c.micro_batch =
      request.settings.micro_batch > 0 ? request.settings.micro_batch : default_micro_batch(c.scale, n_ranks);
  if (begun) {
    c.gemm = "as it was";
  } else if (p.accelerator) {
    c.gemm = "cublas";
    if (request.settings.micro_batch <= 0)
      c.micro_batch = device_micro_batch(*p.model, *p.accelerator, c.scale, most_micro_batch(c.scale, n_ranks));
  } else if (request.settings.gemm == "probe") {
    const std::string key =
        c.scale_name + '\t' + std::to_string(c.micro_batch) + '\t' + std::to_string(p.threads) + '\t' + cpu_model();
    const auto probe = [&] { return probe_gemm([&] { rehearse(*p.model, c.scale, c.micro_batch); }); };
    c.gemm = to_string(settle_gemm(request.experiment.directory(request.design) / "gemm.tsv", key, probe));
  } else {
    c.gemm = to_string(parse_gemm(request.settings.gemm));
  }
  c.ranks = n_ranks;
  c.threads = p.threads;
  c.design_id = trainable.design_id;
  c.experiment = request.experiment.settings_hash();
  c.corpus_hash = p.train.corpus_hash();
  c.version = version_text();
  c.pretrain = request.settings;
  return c;
}

/// A begun run must be of the same design, data and numbers; ranks and threads may differ, at the price of the last
/// bits.
void compare_configs(const RunConfig& before, const RunConfig& now, const Path& file) {
  const auto differ = [&](const std::string& what) {
    throw Error("cannot go on with '" + file.parent_path().string() + "': its " + what +
                " is another; --force starts again");
  };
  if (before.design_id != now.design_id) differ("design");
  if (before.pretrain.precision != now.pretrain.precision) differ("precision");
  if (before.corpus_hash != now.corpus_hash) differ("corpus");
  if (to_yaml(write_value(before.scale)) != to_yaml(write_value(now.scale))) differ("scale");
  if (before.ranks != now.ranks || before.threads != now.threads)
    log_warning("the run began on " + std::to_string(before.ranks) + " ranks of " + std::to_string(before.threads) +
                " threads: equal to it up to rounding only");
  if (before.device != now.device)
    log_warning("the run began on '" + before.device + "' and goes on on '" + now.device +
                "': equal to it up to rounding only");
}

/// The run's config.yaml: as it was begun, else made now. Rank 0 decides, all ranks get the same.
RunConfig settle_config(const Path& directory, const std::function<RunConfig(bool begun)>& make,
                        const Communicator& communicator) {
  const Path file = directory / "config.yaml";
  std::string text;
  if (communicator.first()) {
    if (const auto before = read_yaml_if_exists<RunConfig>(file)) {
      compare_configs(*before, make(true), file);
    } else {
      write_yaml(file, make(false));
    }
    text = read_file(file);
  }
  text = communicator.broadcast(std::move(text));
  Faults faults(file.string());
  RunConfig config;
  read_settings(parse_yaml(text, file.string()), config, faults, "");
  faults.finish();
  return config;
}

Prepared prepare(const PretrainRequest& request, const Communicator& communicator) {
  Prepared p;
  p.accelerator = settle_device(request.settings, communicator);
  std::exception_ptr fault;
  try {
    const Scale& scale = request.experiment.scale(request.run.scale);
    p.trainable = read_trainable(request.experiment, request.design, request.run.scale);
    p.train = TokenShard::open(request.experiment.corpus(), scale.vocabulary, Split::kTrain);
    p.validation = TokenShard::open(request.experiment.corpus(), scale.vocabulary, Split::kValidation);
    const double tokens = static_cast<double>(scale.batch_tokens) / communicator.size();
    p.threads = useful_threads(request.threads, 3 * p.trainable.fit.flops_per_token * tokens);
    at::set_num_threads(p.threads);
    p.model = build_model(request.experiment, p.trainable, scale, request.run.seed,
                          parse_precision(request.settings.precision, p.accelerator != nullptr));
    if (p.accelerator) p.model->to_device(p.accelerator->device(), p.accelerator);
  } catch (...) {
    fault = std::current_exception();
  }
  const bool anywhere = communicator.any(fault != nullptr);
  if (fault) std::rethrow_exception(fault);
  if (anywhere) throw Error("another rank failed");
  return p;
}

RunResult make_result(const RunConfig& config, const Prepared& p, const TrainOutcome& outcome, const Path& directory) {
  const RunCurve curve = read_curve(directory);
  RunResult r;
  r.verdict = outcome.end == TrainEnd::kDone ? "done" : "diverged";
  r.reason = outcome.reason;
  r.steps = outcome.steps;
  r.tokens = outcome.steps * config.scale.batch_tokens;
  r.parameters = p.trainable.fit.parameters;
  r.loss = curve.final_loss();
  r.bits_per_byte_half = curve.bits_per_byte_at((config.scale.steps() + 1) / 2);
  r.bits_per_byte = curve.bits_per_byte_at(config.scale.steps());
  r.flops = 3 * p.trainable.fit.flops_per_token * static_cast<double>(r.tokens);
  r.design_id = config.design_id;
  r.experiment = config.experiment;
  r.corpus_hash = config.corpus_hash;
  r.ranks = config.ranks;
  r.threads = config.threads;
  r.gemm = config.gemm;
  r.device = p.device();
  return r;
}

/// Rank 0: weights, metrics, then pretrain.yaml, whose existence says that the run is over; then what it no longer
/// needs.
RunResult finish(const PretrainRequest& request, const RunConfig& config, const Prepared& p,
                 const TrainOutcome& outcome, const Path& directory, double seconds) {
  RunResult result = make_result(config, p, outcome, directory);
  if (outcome.end == TrainEnd::kDone) {
    result.weights = "weights.h5";
    result.weights_hash = weights_hash(*p.model);
    save_weights(directory / result.weights, *p.model, config.design_id, outcome.steps);
  }
  write_metrics(directory, read_curve(directory));
  const Path file = directory / "pretrain.yaml";
  write_yaml(file, result);
  thin_checkpoints(directory, 0);
  append_ledger(request.experiment.root(), {request.design.text(), "pretrain", result.verdict == "done" ? "ok" : "no",
                                            std::filesystem::relative(file, request.experiment.root()).string(),
                                            file_hash_hex16(file), static_cast<double>(result.tokens), 0, seconds});
  return result;
}

RunResult train_run(const PretrainRequest& request, Prepared& p, const Path& directory,
                    const Communicator& communicator) {
  const auto start = Clock::now();
  const RunConfig config = settle_config(
      directory, [&](bool begun) { return new_config(request, p, communicator.size(), begun); }, communicator);
  TrainSetup setup{directory,
                   config.scale,
                   static_cast<uint64_t>(config.seed),
                   config.learning_rate_multiplier,
                   config.micro_batch,
                   request.settings,
                   p.trainable.fit.flops_per_token,
                   request.design.text() + " " + request.run.text()};
  setup.accelerator = p.accelerator;
  if (!p.accelerator) use_gemm(parse_gemm(config.gemm));
  Trainer trainer(*p.model, p.train, p.validation, setup, communicator);
  const int64_t first_step = trainer.state().step;
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  if (communicator.first()) {
    if (first_step > 0) log_info("'" + directory.string() + "' goes on from step " + std::to_string(first_step));
    RunLog::cut(directory, first_step);
    RunLog::append_event(directory, first_step, "start",
                         std::string("\"host\":\"") + host + "\",\"ranks\":" + std::to_string(communicator.size()) +
                             ",\"threads\":" + std::to_string(p.threads) + ",\"device\":\"" + p.device() +
                             "\",\"time\":\"" + utc_now() + "\"");
  }
  const TrainOutcome outcome = trainer.run();
  const double tokens = static_cast<double>((outcome.steps - first_step) * config.scale.batch_tokens);
  if (communicator.first())
    RunLog::append_event(directory, outcome.steps, outcome.end == TrainEnd::kStopped ? "stopped" : "end",
                         "\"seconds\":" + format_g(seconds()) + ",\"step_seconds\":" + format_g(outcome.step_seconds) +
                             ",\"median_step_seconds\":" + format_g(outcome.median_step_seconds) +
                             ",\"tokens_per_second\":" + format_g(tokens / std::max(outcome.step_seconds, 1e-9)) +
                             (p.accelerator ? ",\"device_bytes\":" + std::to_string(p.accelerator->take_peak_bytes()) +
                                                  ",\"recorded\":" + (trainer.pass().recorded() ? "true" : "false")
                                            : std::string()));
  if (outcome.end == TrainEnd::kStopped) throw Stopped();
  RunResult result;
  if (communicator.first()) result = finish(request, config, p, outcome, directory, seconds());
  communicator.barrier();
  return communicator.first() ? result : read_yaml<RunResult>(directory / "pretrain.yaml");
}

/// A finished run, if it is one of this experiment.
std::optional<RunResult> read_finished(const PretrainRequest& request, const Path& directory) {
  const Path file = directory / "pretrain.yaml";
  auto result = read_yaml_if_exists<RunResult>(file);
  if (!result) return std::nullopt;
  if (result->experiment != request.experiment.settings_hash())
    throw Error("'" + file.string() + "' was made under another experiment.yaml: --force starts again");
  if (result->verdict == "done" && !std::filesystem::exists(directory / result->weights))
    throw Error("'" + (directory / result->weights).string() + "' is missing: --force trains again");
  return result;
}

}  // namespace

Accelerator* settle_device(const PretrainSettings& settings, const Communicator& communicator) {
  std::exception_ptr fault;
  DeviceChoice choice;
  try {
    choice = choose_device(settings.device);
  } catch (...) {
    fault = std::current_exception();
  }
  const bool failed = communicator.any(fault != nullptr), gpu = communicator.any(choice.kind == DeviceKind::kCuda),
             cpu = communicator.any(choice.kind == DeviceKind::kCpu);
  if (fault) std::rethrow_exception(fault);
  if (failed) throw Error("another rank has no GPU");
  if (gpu && cpu) throw Error("some ranks have a GPU and some have none: set pretrain.device to cpu, or ask for more");
  if (cpu) {
    if (choice.is_surprising)
      log_warning("on the CPU: " + choice.why);
    else
      log_debug("on the CPU: " + choice.why);
    return nullptr;
  }
  Accelerator& accelerator = cuda_accelerator(communicator.local_rank(), communicator.local_size());
  accelerator.use_deterministic(settings.deterministic);
  communicator.use_accelerator(accelerator);
  return &accelerator;
}

RunResult pretrain_run(const PretrainRequest& request, const Communicator& communicator) {
  const Path directory = request.experiment.run_directory(request.design, request.run);
  if (request.force && communicator.first()) std::filesystem::remove_all(directory);
  communicator.barrier();
  if (auto result = read_finished(request, directory)) {
    if (communicator.first()) thin_checkpoints(directory, 0);  // a kill may have left them
    return *result;
  }
  Prepared p = prepare(request, communicator);
  try {
    return train_run(request, p, directory, communicator);
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& e) {
    if (communicator.size() > 1) {  // the others wait for this rank
      log_error(e.what());
      communicator.abort(kNotDone);
    }
    throw;
  }
}

}  // namespace gradus
