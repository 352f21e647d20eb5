// check_driver - what the interpreter and the gate cost and find, for scripts and tables.
//   check_driver language
//     a line a measure: name, milliseconds here, milliseconds in C++ (medians, in turn)
//   check_driver leaks FILE.py N
//     N lines: the largest relative difference that the fast tier's causality check finds in a block at nano, of N
//     draws of weights and inputs (tests/check/histogram.py)
//   check_driver gate SCALE
//     a line a check: name, seconds on one core, for the GPT2 seed
//   check_driver units [TIER [SCALE…]]
//     a line a built-in design and a unit of the library in its place: what the gate says at nano, the fits (all the
//     built-in scales), FLOPs, state
//   check_driver speed DIR [SCALE]
//     the same designs: milliseconds of the blocks forward and backward; and DIR/NAME.py, the design in stock PyTorch
// tests/bench has the same measures in Python, and makes the tables.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>

#include "base/error.h"
#include "base/file.h"
#include "check/gate.h"
#include "check/plan.h"
#include "design/fit.h"
#include "design/model.h"
#include "design/scales.h"
#include "library.h"
#include "train/machine.h"
#include "unit/tensor/attention.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

double milliseconds(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Medians of `rounds` of each, in turn.
void compare(const char* name, int rounds, const std::function<void()>& ours, const std::function<void()>& theirs) {
  std::vector<double> a, b;
  for (int i = -2; i < rounds; ++i) {
    const double x = milliseconds(ours), y = milliseconds(theirs);
    if (i >= 0) a.push_back(x), b.push_back(y);
  }
  const auto median = [](std::vector<double>& v) { return std::sort(v.begin(), v.end()), v[v.size() / 2]; };
  std::printf("%s\t%.4f\t%.4f\n", name, median(a), median(b));
}

const char kLoop[] = R"(
import torch
def forward(a, b):
    h = torch.zeros_like(a[:, 0])
    out = []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        out.append(h)
    return torch.stack(out, 1)
)";

at::Tensor loop(const at::Tensor& a, const at::Tensor& b) {
  at::Tensor h = at::zeros_like(a.select(1, 0));
  std::vector<at::Tensor> out;
  for (int64_t t = 0; t < a.size(1); ++t) {
    h = a.select(1, t) * h + b.select(1, t);
    out.push_back(h);
  }
  return at::stack(out, 1);
}

/// h_t = a_t h_{t-1} + b_t over 1,024 tokens of 16 channels, recorded by autograd: four operators a token.
void measure_loop() {
  Interpreter in;
  install_torch(in);
  const auto module = in.run(kLoop, "loop.py");
  const Value forward = *module->attributes->find(in.intern("forward").get());
  at::Tensor a = at::rand({1, 1024, 16}), b = at::rand({1, 1024, 16});
  a.requires_grad_(true), b.requires_grad_(true);
  const auto ours = [&] { return to_tensor(in.invoke(forward, {from_tensor(a), from_tensor(b)})); };
  compare(
      "loop forward", 21, [&] { ours(); }, [&] { loop(a, b); });
  compare(
      "loop forward and backward", 21, [&] { ours().sum().backward(); }, [&] { loop(a, b).sum().backward(); });
}

/// The GPT2 seed in the operators of its units, on the same weights.
class Gpt2 {
 public:
  explicit Gpt2(LanguageModel& model) : p_(model.parameters()) {}
  at::Tensor hidden(const at::Tensor& tokens) const {
    at::Tensor x = at::embedding(p_[0].tensor, tokens);
    const int64_t d = x.size(-1);
    const auto norm = [&](const at::Tensor& y, const at::Tensor& w) { return at::rms_norm(y, {d}, w, 1e-5); };
    for (size_t i = 1; i + 1 < p_.size(); i += 8) {
      x = x + attention(norm(x, named(i, "norm_1.weight")), i);
      const auto up = at::linear(norm(x, named(i, "norm_2.weight")), named(i, "mlp.up.weight")).chunk(2, -1);
      x = x + at::linear(up[0] * at::silu(up[1]), named(i, "mlp.down.weight"));
    }
    return norm(x, p_.back().tensor);
  }

 private:
  const at::Tensor& named(size_t block, std::string_view name) const {
    for (size_t i = block; i < block + 8; ++i)
      if (p_[i].name.ends_with(name)) return p_[i].tensor;
    throw Error("no parameter '" + std::string(name) + "' in a block of the seed");
  }
  static at::Tensor turn(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
    const at::Tensor even = x.slice(-1, 0, {}, 2), odd = x.slice(-1, 1, {}, 2);
    return at::stack({even * cos - odd * sin, even * sin + odd * cos}, -1).flatten(-2);
  }
  at::Tensor attention(const at::Tensor& x, size_t i) const {
    const int64_t b = x.size(0), t = x.size(1), d = x.size(2), w = d / 8;
    const auto qkv = at::linear(x, named(i, "qkv.weight"), named(i, "qkv.bias")).view({b, t, 3, 8, w});
    const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);
    const at::Tensor rate = at::pow(10000.0, at::arange(0, w, 2, at::kDouble).neg() / w);
    const at::Tensor angle = at::arange(t, at::kDouble).unsqueeze(1) * rate;
    const at::Tensor cos = at::cos(angle).to(at::kFloat), sin = at::sin(angle).to(at::kFloat);
    c10::Stack stack{turn(parts[0], cos, sin), turn(parts[1], cos, sin), parts[2], {}, 0.0, true, {}, false};
    if (!plain_attention(stack))
      stack = {at::scaled_dot_product_attention(stack[0].toTensor(), stack[1].toTensor(), stack[2].toTensor(), {}, 0.0,
                                                true)};
    const at::Tensor y = stack.back().toTensor();
    return at::linear(y.transpose(1, 2).reshape({b, t, d}), named(i, "out.weight"), named(i, "out.bias"));
  }
  const std::vector<ModelParameter>& p_;
};

/// Forward and backward of the seed's blocks at nano: the head and the optimizer are the trainer's, not the language's.
void measure_step() {
  const Scale& scale = builtin_scales().at("nano");
  const Shape shape = seed_shape(scale);
  DesignModel model(gpt2_seed(), UnitStore(), shape, 1.0, {});
  const Gpt2 plain(model);
  const at::Tensor tokens =
      at::randint(shape.vocabulary, {scale.batch_tokens / scale.context, scale.context}, at::kLong);
  const at::Tensor difference = (model.hidden(tokens) - plain.hidden(tokens)).abs().max();
  if (difference.item<float>() > 1e-5f) throw Error("the two models differ");
  probe_gemm([&] { model.hidden(tokens).sum().backward(); });  // as the trainer does
  compare(
      "nano step", 31, [&] { model.hidden(tokens).sum().backward(); }, [&] { plain.hidden(tokens).sum().backward(); });
}

void print_leaks(const std::string& file, int n) {
  const auto directory = std::filesystem::temp_directory_path() / ("leaks-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const UnitStore units(directory);
  const Design design{UnitNode{units.add(read_file(file)), {}, {}}};
  Shape shape = seed_shape(builtin_scales().at("nano"));
  shape.vocabulary = 64;
  for (int i = 0; i < n; ++i) {
    const Recipe recipe{design, units, shape, 1, 1000 + static_cast<uint64_t>(i)};
    Subject opened(recipe, Subject::Weights::kOpened), initial(recipe, Subject::Weights::kInitial),
        scrambled(recipe, Subject::Weights::kScrambled);
    const CallCost cost(cost_at(opened, 64), cost_at(opened, 128));
    double budget = CheckSettings().fast_gflop * 1e9, largest = 0;
    for (const Pass& pass : causality_passes({opened, initial, scrambled}, cost, shape.context, {}, 1e-9, recipe.key,
                                             CheckSettings().full_gflop * 1e9, false)) {
      if (!pass.always && pass.flops > budget) continue;
      budget -= pass.flops;
      largest = std::max(largest, pass.run().size);
    }
    std::printf("%.3g\n", largest);
    std::fflush(stdout);
  }
  std::filesystem::remove_all(directory);
}

void time_gate(const std::string& name) {
  GateSettings settings;
  settings.shape_scale = name;
  settings.scales[name] = builtin_scales().at(name);
  settings.check.tier = "learning";
  const CheckResult result = check_design(gpt2_seed(), UnitStore(), settings);
  for (const Measurement& m : result.checks) std::printf("%s\t%.3f\n", m.name.c_str(), m.seconds);
  if (!result.passed) throw Error("the seed is refused: " + result.evidence);
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n') c = ' ';
  return text.empty() ? "." : text.substr(0, 160);
}

/// name, verdict, reason, where, parameters at nano over the seed's, scales that fit, FLOPs over the seed's, state
/// bytes
void table_units(const std::string& tier, std::vector<std::string> scales) {
  const UnitStore units;
  GateSettings settings;
  settings.shape_scale = "nano";
  settings.check.tier = tier;
  if (scales.empty()) scales = ladder_order(builtin_scales());
  for (const std::string& scale : scales) settings.scales[scale] = builtin_scales().at(scale);
  std::printf("# name\tverdict\treason\tunit\tparameters\tfits\tflops_ratio\tstate_bytes\tevidence\n");
  for (const Placed& placed : placed_library(units)) {
    const CheckResult r = check_design(placed.design, units, settings);
    int fits = 0;
    for (const auto& [name, fit] : r.fits) fits += fit.fits;
    const Fit nano = r.fits.count("nano") ? r.fits.at("nano") : Fit{};
    std::string state = ".";
    for (const Measurement& m : r.checks)
      if (m.name == "state bytes") state = std::to_string(static_cast<int64_t>(m.value));
    std::printf(
        "%s\t%s\t%s\t%s\t%.4f\t%d/%zu\t%.3f\t%s\t%s\n", placed.name.c_str(), r.passed ? "ok" : "no",
        r.reason.empty() ? "." : r.reason.c_str(), r.unit.empty() ? "." : r.unit.c_str(),
        static_cast<double>(nano.parameters) / static_cast<double>(std::max<int64_t>(1, nano.target_parameters)), fits,
        settings.scales.size(), nano.flops_per_token / std::max(1.0, nano.seed_flops_per_token), state.c_str(),
        one_line(r.evidence).c_str());
    std::fflush(stdout);
  }
}

void time_units(const std::string& directory, const std::string& scale_name) {
  const UnitStore units;
  const Scale& scale = builtin_scales().at(scale_name);
  for (const Placed& placed : placed_library(units)) {
    const Fit fit = fit_design(placed.design, units, scale, CheckSettings());
    const Shape shape = fitted_shape(scale, fit);
    write_file(Path(directory) / (placed.name + ".py"),
               export_pytorch(placed.design, units, shape, fit.multiplier, placed.name));
    DesignModel model(placed.design, units, shape, fit.multiplier, {});
    const at::Tensor tokens =
        at::randint(shape.vocabulary, {scale.batch_tokens / scale.context, scale.context}, at::kLong);
    const auto step = [&] { model.hidden(tokens).sum().backward(); };
    probe_gemm(step);
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) times.push_back(milliseconds(step));
    std::sort(times.begin(), times.end());
    std::printf("%s\t%.3f\n", placed.name.c_str(), times[times.size() / 2]);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  gradus::prepare_process(1);
  try {
    if (what == "language" && argc == 2) {
      gradus::measure_loop();
      gradus::measure_step();
    } else if (what == "leaks" && argc == 4) {
      gradus::print_leaks(argv[2], std::atoi(argv[3]));
    } else if (what == "gate" && argc == 3) {
      gradus::time_gate(argv[2]);
    } else if (what == "units") {
      gradus::table_units(argc > 2 ? argv[2] : "fast", {argv + std::min(argc, 3), argv + argc});
    } else if (what == "speed" && (argc == 3 || argc == 4)) {
      gradus::time_units(argv[2], argc == 4 ? argv[3] : "nano");
    } else {
      std::cerr << "check_driver language | leaks FILE.py N | gate SCALE | units [TIER [SCALE…]] | speed DIR [SCALE]\n";
      return 2;
    }
  } catch (const std::exception& e) {
    std::cerr << "check_driver: " << e.what() << "\n";
    return 2;
  }
}
