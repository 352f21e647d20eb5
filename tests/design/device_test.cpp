// A model off the CPU. ATen's meta device has shapes and no numbers, and refuses an operator whose tensors are apart:
// what runs on it has all its tensors in one place, as a GPU asks.
#include "unit/tensor/device.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <torch/library.h>
#include <unistd.h>

#include <list>
#include <set>

#include "design/fit.h"
#include "design/model.h"

namespace gradus {
namespace {

constexpr Shape kShape{32, 2, 64, 16};
const c10::Device kMeta{c10::kMeta};

/// On the CPU, of zeros.
at::Tensor imitate(const at::Tensor& t) {
  if (!t.defined() || (t.is_cpu() && t.dim() == 0)) return t;
  TORCH_CHECK(t.is_meta(), "tensors are apart");
  return at::zeros(t.sizes(), t.options().device(c10::kCPU));
}

c10::IValue imitated(const c10::IValue& v) {
  if (v.isTensor()) return imitate(v.toTensor());
  if (v.isDevice()) return c10::Device(c10::kCPU);
  if (v.isTensorList()) {
    c10::List<at::Tensor> out;
    for (const at::Tensor& t : v.toTensorVector()) out.push_back(imitate(t));
    return out;
  }
  if (!v.isOptionalTensorList()) return v;
  c10::List<std::optional<at::Tensor>> out;
  for (const std::optional<at::Tensor> t : v.toOptionalTensorList())
    out.push_back(t ? std::optional(imitate(*t)) : std::nullopt);
  return out;
}

/// The shapes of an operator's results, by what it makes of zeros on the CPU.
void meta_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  const size_t n = op.schema().arguments().size();
  c10::Stack inside;
  for (size_t i = stack->size() - n; i < stack->size(); ++i) inside.push_back(imitated(stack->at(i)));
  op.callBoxed(inside);
  const c10::IValue first = stack->at(stack->size() - n);
  stack->resize(stack->size() - n);
  for (size_t i = 0; i < inside.size(); ++i) {
    const auto* alias = op.schema().returns().at(i).alias_info();
    if (alias && alias->isWrite())
      stack->push_back(first);  // in place
    else if (inside[i].isTensor() && inside[i].toTensor().defined())
      stack->push_back(at::empty(inside[i].toTensor().sizes(), inside[i].toTensor().options().device(kMeta)));
    else
      stack->push_back(inside[i]);
  }
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  const at::Tensor y = at::convolution(imitate(x), imitate(weight), bias ? std::optional(imitate(*bias)) : std::nullopt,
                                       stride, padding, dilation, transposed, output_padding, groups);
  return at::empty(y.sizes(), x.options());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(const at::Tensor& dy, const at::Tensor& x,
                                                                    const at::Tensor& weight, at::IntArrayRef,
                                                                    at::IntArrayRef, at::IntArrayRef, bool,
                                                                    at::IntArrayRef, int64_t, std::array<bool, 3>) {
  for (const at::Tensor& t : {dy, x, weight}) imitate(t);
  return {at::empty_like(x), at::empty_like(weight), at::empty({weight.size(0)}, x.options())};
}

/// Other devices than ATen's own bring their convolution.
TORCH_LIBRARY_IMPL(aten, Meta, kernels) {
  kernels.impl("convolution_overrideable", &convolution);
  kernels.impl("convolution_backward_overrideable", &convolution_backward);
}

/// Runs it, with such a kernel for every operator that turns out to have none.
template <class F>
void with_meta_kernels(const F& work) {
  static std::list<torch::Library> kernels;
  static std::set<std::string> known;
  for (;;) {
    try {
      return work();
    } catch (const std::exception& e) {
      const std::string text = e.what();
      const size_t end = text.find(": attempted to run this operator with Meta tensors");
      if (end == std::string::npos) throw;
      const size_t begin = text.rfind("aten::", end) + 6;
      const std::string name = text.substr(begin, end - begin);
      if (!known.insert(name).second) throw;
      kernels.emplace_back(torch::Library::IMPL, "aten", c10::DispatchKey::Meta, __FILE__, __LINE__);
      kernels.back().impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&meta_kernel>());
    }
  }
}

at::Tensor meta_tokens() { return at::empty({2, 16}, at::TensorOptions(at::kLong).device(kMeta)); }

void expect_there(const at::Tensor& t, const std::string& what) { EXPECT_EQ(t.device(), kMeta) << what; }

void expect_all_there(const std::string& name) {
  const Scale scale{.d_model = 32, .n_blocks = 2, .vocabulary = 64, .context = 16};
  const Fit fit = fit_design(builtin_design(name), UnitStore(), scale, CheckSettings{}, nullptr);
  DesignModel model(builtin_design(name), UnitStore(), kShape, fit.multiplier, {});
  model.to_device(kMeta);
  for (const auto& p : model.parameters()) {
    expect_there(p.tensor, p.name);
    EXPECT_TRUE(p.tensor.is_leaf()) << p.name;
  }
  for (const auto& b : model.buffers()) expect_there(b.tensor, b.name);
  const uint64_t drawn = model.draws();
  const at::Tensor hidden = model.hidden(meta_tokens());
  EXPECT_EQ(model.draws(), drawn) << "attention that drops nothing";
  expect_there(hidden, "hidden");
  hidden.sum().backward();
  for (const auto& p : model.parameters()) {
    ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
    expect_there(p.tensor.grad(), p.name);
  }
}

TEST(Device, EverySeedRunsWhereItIsMoved) {
  for (const std::string& name : builtin_design_names()) {
    SCOPED_TRACE(name);
    with_meta_kernels([&] { expect_all_there(name); });
  }
}

class DeviceOfUnit : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-device-" + std::to_string(getpid()));
    std::filesystem::create_directories(home_);
    units_ = UnitStore(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }
  /// The hidden states of a model whose block runs `body` on x, with `init` in its constructor.
  at::Tensor run(const std::string& init, const std::string& body, const std::string& globals = "") {
    Design design;
    design.root.unit = units_.add("import torch\nimport torch.nn as nn\n" + globals +
                                  "\nclass Unit(nn.Module):\n    KIND = 'sequence'\n    def __init__(self, dim):\n"
                                  "        super().__init__()\n" +
                                  init + "    def forward(self, x):\n" + body);
    at::Tensor hidden;
    with_meta_kernels([&] {
      DesignModel model(design, units_, kShape, 1, {});
      model.to_device(kMeta);
      hidden = model.hidden(meta_tokens());
    });
    return hidden;
  }
  Path home_;
  UnitStore units_;
};

TEST_F(DeviceOfUnit, WhatItMakesIsThere) {
  const at::Tensor y = run("        self.w = nn.Parameter(torch.ones(dim))\n",
                           "        t = torch.arange(x.shape[1])[:, None] + torch.zeros(1) + torch.tensor(2.0)\n"
                           "        m = torch.ones(16, 16, device='cpu').tril() + torch.eye(16, device=x.device)\n"
                           "        s = torch.tensor([1.0] * 32) + torch.full((32,), 0.5) + x.new_zeros(32)\n"
                           "        r = torch.rand(32) + torch.randn_like(x) + torch.linspace(0, 1, 32)\n"
                           "        x[:, 0] = 1.0\n        x = x * torch.where(x > 0, 1.0, 2.0)\n"
                           "        return (m @ (x * self.w + t)) * s + r.to('cpu')\n");
  expect_there(y, "hidden");
}

TEST_F(DeviceOfUnit, WhatItHoldsFollows) {
  const at::Tensor y =
      run("        self.plain = torch.ones(dim)\n        self.held = {'a': [torch.ones(dim), (torch.ones(dim),)]}\n"
          "        self.lin = nn.Linear(dim, dim)\n        self.tied = nn.Linear(dim, dim)\n"
          "        self.tied.weight = self.lin.weight\n",
          "        assert self.tied.weight is self.lin.weight\n"
          "        return self.lin(x) * self.plain + self.held['a'][0] + self.held['a'][1][0] * CONSTANT\n",
          "CONSTANT = torch.ones(32)\n");
  expect_there(y, "hidden");
}

TEST_F(DeviceOfUnit, IsToldTheCpu) {
  const at::Tensor y =
      run("        pass\n",
          "        assert x.device == torch.device('cpu') and str(x.device) == 'cpu'\n"
          "        assert x.is_cpu and not x.is_cuda and not torch.cuda.is_available()\n"
          "        assert x.device.type == 'cpu' and x.to(x.device) is x and x.cpu() is x\n        return x\n");
  expect_there(y, "hidden");
}

TEST_F(DeviceOfUnit, NamesNoOther) {
  EXPECT_THAT([&] { run("        pass\n", "        return x + torch.ones(32, device='cuda')\n"); },
              testing::ThrowsMessage<std::exception>(testing::HasSubstr("device 'cuda' is not available")));
}

}  // namespace
}  // namespace gradus
