// train_driver - trains the reference GPT2 at pico size, for the tests that need a process: ranks, kills, peers.
//   train_driver corpus DIR                      makes DIR/corpus with byte tokens
//   train_driver train DIR RUN KEY=VALUE…        steps, init, checkpoint_steps, validate_steps, micro_batch, rate, d,
//                                                blocks, bucket; seed=N: the built-in design N instead (1: gpt2);
//                                                deadline (seconds); faults of rank 1: sleeps=1, differs=1 (at the end)
//   train_driver dump DIR FILE KEY=VALUE…        initial weights, token batches and first-step gradients for a peer
//   train_driver speed KEY=VALUE…                d, blocks, vocabulary, context, batch (sequences), threads, steps,
//   half: the
//                                                parts of a step of the GPT2 seed, a line each: name, milliseconds
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "design/fit.h"
#include "reference_gpt2.h"
#include "train/head_loss.h"
#include "train/loop.h"
#include "train/machine.h"
#include "train/weights.h"

namespace gradus {
namespace {

using Values = std::map<std::string, double>;

/// KEY=VALUE… from argument `first` on.
Values parse_values(int argc, char** argv, int first) {
  Values values;
  for (int i = first; i < argc; ++i) {
    const std::string word = argv[i];
    values[word.substr(0, word.find('='))] = std::atof(word.c_str() + word.find('=') + 1);
  }
  return values;
}

std::string prose(uint64_t seed, size_t bytes) {
  static const std::vector<std::string> words{"the", "cat", "ran", "over", "a", "hill", "and", "saw", "river", "stone"};
  std::string out;
  for (Stream stream("prose", {seed}); out.size() < bytes;) {
    out += words[stream.next_below(words.size())];
    out += stream.next_below(9) == 0 ? ".\n" : " ";
  }
  return out;
}

int make_corpus(const Path& root) {
  for (uint64_t i = 0; i < 40; ++i) write_file(root / "in" / ("d" + std::to_string(100 + i) + ".txt"), prose(i, 1000));
  Corpus::build(root / "corpus", {.paths = {(root / "in").string()}}, {0.1, 0.1});
  write_tokens(root / "corpus", Corpus::open(root / "corpus"), Vocabulary::bytes());
  return 0;
}

TrainSetup make_setup(Values values, const Path& run) {
  const auto get = [&](const std::string& key, double otherwise) {
    return values.count(key) ? values[key] : otherwise;
  };
  TrainSetup setup;
  setup.directory = run;
  Scale& s = setup.scale;
  s.d_model = static_cast<int64_t>(get("d", 16));
  s.n_blocks = static_cast<int64_t>(get("blocks", 2));
  s.vocabulary = 256;
  s.context = 32;
  s.batch_tokens = 128;
  s.tokens = static_cast<int64_t>(get("steps", 50)) * s.batch_tokens;
  s.learning_rate = get("rate", 1e-2);
  setup.seed = static_cast<uint64_t>(get("init", 0));
  setup.micro_batch = static_cast<int64_t>(get("micro_batch", 0));
  setup.bucket_elements = static_cast<int64_t>(get("bucket", static_cast<double>(setup.bucket_elements)));
  setup.settings.checkpoint_steps = static_cast<int64_t>(get("checkpoint_steps", 10));
  setup.settings.validate_steps = static_cast<int64_t>(get("validate_steps", 25));
  return setup;
}

/// which: 0 the reference GPT2, else the built-in design of that number (1: gpt2), fitted where it is not the seed.
std::unique_ptr<LanguageModel> make_model(const TrainSetup& setup, size_t which) {
  const Shape shape{setup.scale.d_model, setup.scale.n_blocks, setup.scale.vocabulary, setup.scale.context};
  if (which == 0) return std::make_unique<ReferenceGpt2>(shape.d_model, shape.n_blocks, shape.vocabulary, setup.seed);
  ModelOptions options;
  options.seed = setup.seed;
  const Design& design = builtin_design(builtin_design_names().at(which - 1));
  const Fit fit = which == 1 ? Fit{} : fit_design(design, UnitStore(), setup.scale, CheckSettings{}, nullptr);
  return std::make_unique<DesignModel>(design, UnitStore(), which == 1 ? shape : fitted_shape(setup.scale, fit),
                                       which == 1 ? 1.0 : fit.multiplier, options);
}

/// All a peer needs to train the same model: every batch of the run, as (steps, sequences, context + 1) tokens.
void dump(Trainer& trainer, LanguageModel& model, const TokenShard& shard, const TrainSetup& setup, const Path& file,
          bool writes) {
  const Scale& s = setup.scale;
  const Order order(shard.size(), s.context, setup.seed);
  const int64_t sequences = s.batch_tokens / s.context;
  std::vector<int64_t> tokens(static_cast<size_t>(s.steps() * sequences * (s.context + 1)));
  std::vector<double> rates;
  for (int64_t p = 0; p < s.steps() * sequences; ++p)
    shard.read(order.first_token(static_cast<uint64_t>(p)), static_cast<uint64_t>(s.context + 1),
               &tokens[static_cast<size_t>(p * (s.context + 1))]);
  for (int64_t step = 0; step < s.steps(); ++step) rates.push_back(learning_rate(s, 1, step));
  trainer.accumulate(0);
  const Communicator& communicator = trainer.communicator();
  at::Tensor& flat = trainer.optimizer().gradients();
  for (const auto& bucket : trainer.optimizer().partition().buckets()) {
    Request request;
    if (communicator.size() > 1)
      request = communicator.start_gather(flat.data_ptr<float>() + bucket.begin, bucket.part);
    communicator.wait(request);
  }
  if (!writes) return;
  std::vector<ModelParameter> gradients = model.parameters();
  for (auto& g : gradients) g.tensor = g.tensor.grad();
  write_hdf5(file, [&](Hdf5File& f) {
    write_tensors(f, "/weights", model.parameters());
    write_tensors(f, "/gradients", gradients);
    f.write("tokens", tokens, {"token", "step, sequence, position"},
            {static_cast<uint64_t>(s.steps()), static_cast<uint64_t>(sequences), static_cast<uint64_t>(s.context + 1)});
    f.write("learning_rates", rates, {"1", "step"});
  });
}

/// Gflop a second of the fastest back end at its best shape: the floor of a step is its flops over this.
double peak_gflops() {
  double best = 0;
  for (const Gemm gemm : {Gemm::kMkl, Gemm::kOnednn}) {
    use_gemm(gemm);
    for (const auto& [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{2048, 2048, 2048}, {2048, 4096, 512}}) {
      const at::Tensor a = at::rand({m, k}), b = at::rand({k, n});
      at::Tensor c = at::mm(a, b);
      for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        at::mm_out(c, a, b);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        best = std::max(best, 2e-9 * static_cast<double>(m * n * k) / seconds);
      }
    }
  }
  return best;
}

class Stopwatch {
 public:
  void lap(const std::string& name) {
    const auto now = std::chrono::steady_clock::now();
    laps_[name].push_back(1e3 * std::chrono::duration<double>(now - last_).count());
    last_ = now;
  }
  void start() { last_ = std::chrono::steady_clock::now(); }
  double median(const std::string& name) const {
    auto sorted = laps_.at(name);
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  std::map<std::string, std::vector<double>> laps_;
  std::chrono::steady_clock::time_point last_;
};

int time_step(Values values) {
  const auto get = [&](const std::string& key, double otherwise) {
    return static_cast<int64_t>(values.count(key) ? values[key] : otherwise);
  };
  const int64_t d = get("d", 128), v = get("vocabulary", 32'000), t = get("context", 1024), b = get("batch", 2);
  prepare_process(static_cast<int>(get("threads", 2)));
  const double peak = peak_gflops();
  use_gemm(get("mkl", 0) ? Gemm::kMkl : Gemm::kOnednn);
  ModelOptions options;
  if (get("half", 0)) options.dtype = at::kBFloat16;
  DesignModel model(gpt2_seed(), UnitStore(), {d, get("blocks", 6), v, t}, 1.0, options);
  Scale scale;
  scale.batch_tokens = b * t;
  Optimizer optimizer(model.parameters(), scale);
  const at::Tensor tokens = at::randint(v, {b, t + 1}, at::kLong);
  const at::Tensor inputs = tokens.narrow(1, 0, t).contiguous(), targets = tokens.narrow(1, 1, t).reshape({-1});
  Stopwatch watch;
  for (int64_t i = -2; i < get("steps", 7); ++i) {
    if (i == 0) watch = {};
    watch.start();
    optimizer.zero_gradients();
    watch.lap("zero");
    const at::Tensor hidden = model.hidden(inputs);
    watch.lap("trunk forward");
    at::Tensor head_gradient = optimizer.gradient_of(model.head());
    const HeadLoss head = head_loss(hidden.detach().reshape({b * t, d}), model.head().detach(), targets,
                                    1.0 / static_cast<double>(b * t), head_gradient);
    watch.lap("head and loss");
    hidden.backward(head.hidden_gradient.view(hidden.sizes()));
    optimizer.collect_gradients();
    watch.lap("trunk backward");
    optimizer.update(1e-3, std::max<int64_t>(0, i));
    optimizer.publish();
    watch.lap("optimizer");
  }
  double sum = 0;
  for (const char* name : {"zero", "trunk forward", "head and loss", "trunk backward", "optimizer"}) {
    std::printf("%s\t%.2f\n", name, watch.median(name));
    sum += watch.median(name);
  }
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const int64_t n = get("blocks", 6), f = (8 * d / 3 + 127) / 128 * 128;
  const double flops = 3 * static_cast<double>(b * t) *
                       static_cast<double>(2 * (n * (4 * d * d + 3 * d * f) + v * d) + 4 * t * d * n / 2);
  std::printf("step\t%.2f\ngflop\t%.2f\npeak_gflops\t%.1f\nshare_of_peak\t%.3f\nmemory_mb\t%.0f\n", sum, 1e-9 * flops,
              peak, 1e-6 * flops / sum / peak, static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

int run(int argc, char** argv) {
  Communicator communicator;
  set_log_name("train_driver", communicator.rank(), communicator.size());
  disable_progress();
  install_signal_handlers();
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "corpus") return make_corpus(argv[2]);
  if (what == "speed") return time_step(parse_values(argc, argv, 2));
  if ((what != "train" && what != "dump") || argc < 4)
    throw UsageError("train_driver corpus|train|dump DIR …, or train_driver speed KEY=VALUE…");
  Values values = parse_values(argc, argv, 4);
  prepare_process(values.count("threads") ? static_cast<int>(values["threads"]) : 1);
  use_gemm(Gemm::kMkl);
  const Path corpus = Path(argv[2]) / "corpus";
  const TrainSetup setup = make_setup(values, what == "train" ? Path(argv[3]) : Path(argv[2]) / "none");
  const TokenShard train = TokenShard::open(corpus, 256, Split::kTrain);
  const TokenShard validation = TokenShard::open(corpus, 256, Split::kValidation);
  const auto model_owner = make_model(setup, static_cast<size_t>(values.count("seed") ? values["seed"] : 0));
  LanguageModel& model = *model_owner;
  if (values.count("deadline")) communicator.set_deadline(values["deadline"]);
  if (values.count("sleeps") && communicator.rank() == 1) ::sleep(1000);
  Trainer trainer(model, train, validation, setup, communicator);
  if (what == "dump") return dump(trainer, model, train, setup, argv[3], communicator.first()), 0;
  const TrainOutcome outcome = trainer.run();
  if (values.count("differs")) {
    if (communicator.rank() == 1) trainer.optimizer().weights()[0].add_(1e-3);
    trainer.compare_ranks();
  }
  if (communicator.first()) {
    std::cout << static_cast<int>(outcome.end) << " " << outcome.steps << " " << weights_hash(model) << " "
              << outcome.reason << std::endl;
    if (values.count("bucket") && trainer.reducer().started_early() == 0) throw Error("no bucket overlapped backward");
  }
  return outcome.end == TrainEnd::kStopped ? kResume : 0;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  try {
    return gradus::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "train_driver: error: " << e.what() << std::endl;
    return gradus::kNotDone;
  }
}
