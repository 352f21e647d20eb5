// run_cases - run the cases of a table in the interpreter, for comparison with stock PyTorch
// (tests/peer/torch_cases.py).
//
//   run_cases CASES.tsv ROOT OUT      writes OUT/ID.h5, or OUT/ID.txt with the error as a user would read it
//
// The table, its numbers and what is stored are described in tests/peer/README.md.
#include <ATen/autocast_mode.h>
#include <ATen/ops/empty.h>
#include <hdf5.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "unit/tensor/tensor.h"
#include "unit/tensor/tensor_class.h"

using namespace gradus;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

double hashed(uint32_t k, uint32_t i) {
  uint32_t x = i + 0x9E3779B9u * (k + 1);
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return 2 * (static_cast<double>(x >> 8) / 16777216.0) - 1;
}

at::Tensor hashed_tensor(at::IntArrayRef shape, uint32_t k, double scale, double offset) {
  at::Tensor t = at::empty(shape, at::kFloat);
  float* p = t.mutable_data_ptr<float>();
  for (int64_t i = 0; i < t.numel(); ++i)
    p[i] = static_cast<float>(offset + scale * hashed(k, static_cast<uint32_t>(i)));
  return t;
}

at::ScalarType dtype_named(const std::string& name) {
  static const std::map<std::string, at::ScalarType> types = {
      {"float32", at::kFloat}, {"float64", at::kDouble}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf},
      {"int64", at::kLong},    {"int32", at::kInt},      {"bool", at::kBool},         {"uint8", at::kByte}};
  auto found = types.find(name.starts_with("torch.") ? name.substr(6) : name);
  if (found == types.end()) throw std::runtime_error("unknown dtype '" + name + "' in the table");
  return found->second;
}

at::Tensor make_input(const Json& spec) {
  std::vector<int64_t> shape = spec.at("shape");
  auto type = dtype_named(spec.value("dtype", "float32"));
  std::string rule = spec.value("rule", "uniform");
  at::Tensor t = at::empty(shape, at::kFloat);
  float* p = t.mutable_data_ptr<float>();
  int64_t last = shape.empty() ? 1 : shape.back();
  if (rule == "uniform")
    return hashed_tensor(shape, 1000 + spec.value("seed", 0u), spec.value("scale", 1.5), 0).to(type);
  for (int64_t i = 0; i < t.numel(); ++i) {
    if (rule == "arange")
      p[i] = static_cast<float>(i % last);
    else if (rule == "leftpad")
      p[i] = i % last >= last - spec.at("lengths").at(static_cast<size_t>(i / last)).get<int64_t>();
    else if (rule == "causal") {
      const int64_t rows = shape.at(shape.size() - 2), key = i % last, query = i / last % rows;
      const auto length = spec.at("lengths").at(static_cast<size_t>(i / (t.numel() / shape[0]))).get<int64_t>();
      const bool seen = key <= query && key >= last - length;
      p[i] = type == at::kBool ? seen : seen ? 0.0f : -1e9f;
    } else
      throw std::runtime_error("unknown rule '" + rule + "' in the table");
  }
  return t.to(type);
}

struct Case {
  std::map<std::string, std::string> row;
  Json json(const char* column, const char* otherwise) const {
    auto found = row.find(column);
    return Json::parse(found == row.end() || found->second.empty() ? otherwise : found->second);
  }
};

std::vector<Case> read_table(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open '" + path.string() + "'");
  std::vector<Case> cases;
  std::vector<std::string> header;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    std::vector<std::string> cells;
    std::stringstream s(line);
    for (std::string cell; std::getline(s, cell, '\t');) cells.push_back(cell);
    if (header.empty()) {
      header = cells;
      if (header[0].starts_with("#")) header[0] = header[0].substr(header[0].find_first_not_of("# "));
      continue;
    }
    Case c;
    for (size_t i = 0; i < cells.size() && i < header.size(); ++i) c.row[header[i]] = cells[i];
    cases.push_back(std::move(c));
  }
  return cases;
}

Value from_json(Interpreter& in, const Json& j, const std::map<std::string, at::Tensor>& inputs, bool constructor) {
  if (j.is_null()) return Value();
  if (j.is_boolean()) return Value(j.get<bool>());
  if (j.is_number_integer()) return Value(j.get<int64_t>());
  if (j.is_number()) return Value(j.get<double>());
  if (j.is_string()) {
    std::string text = j;
    if (!constructor && text.starts_with("$")) return from_tensor(inputs.at(text.substr(1)));
    return in.make_str(text);
  }
  if (j.is_array()) {
    std::vector<Value> items;
    for (const auto& i : j) items.push_back(from_json(in, i, inputs, constructor));
    if (constructor) return make<Tuple>(std::move(items));
    return make<List>(std::move(items));
  }
  auto dict = make<Dict>();
  for (const auto& [key, value] : j.items()) dict->set(in, in.make_str(key), from_json(in, value, inputs, constructor));
  return dict;
}

std::vector<std::pair<std::string, Value>> keywords_of(Interpreter& in, const Json& j,
                                                       const std::map<std::string, at::Tensor>& inputs,
                                                       bool constructor) {
  std::vector<std::pair<std::string, Value>> keywords;
  for (const auto& [key, value] : j.items()) keywords.emplace_back(key, from_json(in, value, inputs, constructor));
  return keywords;
}

void set_weights(Interpreter& in, const Value& module) {
  uint32_t k = 0;
  for (auto& [name, tensor] : named_parameters(in, module)) {
    std::string last = name.substr(name.rfind('.') + 1);
    double scale = 0.1, offset = 0;
    if (tensor.dim() <= 1)
      offset = last == "weight" || last == "scale" ? 1 : 0;
    else
      scale = 1 / std::sqrt(static_cast<double>(tensor.numel() / std::max<int64_t>(tensor.size(0), 1)));
    at::Tensor data = hashed_tensor(tensor.sizes(), k++, scale, offset).to(tensor.scalar_type());
    tensor.set_data(data);
  }
}

Value select(Interpreter& in, Value v, const Json& path) {
  for (const auto& step : path) {
    if (step.is_number_integer())
      v = in.get_item(v, Value(step.get<int64_t>()));
    else if (v.is(Kind::kDict))
      v = in.get_item(v, in.make_str(step.get<std::string>()));
    else
      v = in.get_attribute(v, in.intern(step.get<std::string>()));
  }
  return v;
}

struct Outcome {
  at::Tensor output;
  std::vector<std::pair<std::string, at::Tensor>> gradients, input_gradients, buffers;
  std::vector<std::string> parameters, without_gradient;
};

struct Autocast {
  explicit Autocast(bool on) : on_(on) {
    if (!on) return;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
  bool on_;
};

/// One mode of one case: a fresh instance, fresh inputs, forward, loss, backward.
Outcome run_mode(Interpreter& in, const Value& type, const Case& c, bool training, uint64_t key, bool backward) {
  exchange_random_scope(in, {key, 0});
  Json run = c.json("run", "{}"), call = c.json("call", "{}");
  Outcome result;
  Value module = in.invoke(type, {}, keywords_of(in, c.json("ctor", "{}"), {}, true));
  in.guard([&] {
    set_weights(in, module);
    set_training(in, module, training);
    if (run.contains("dtype")) convert_module(in, module, dtype_named(run["dtype"]));
    return Value();
  });
  std::map<std::string, at::Tensor> inputs;
  Json specifications = c.json("inputs", "{}");
  for (const auto& [name, spec] : specifications.items()) {
    at::Tensor t = make_input(spec);
    if (run.contains("dtype") && t.is_floating_point()) t = t.to(dtype_named(run["dtype"]));
    if (t.is_floating_point()) t.set_requires_grad(true);
    inputs[name] = t;
  }
  std::vector<std::pair<std::string, at::Tensor>> before;
  in.guard([&] {
    for (auto& [name, t] : named_buffers(in, module)) before.emplace_back(name, t.detach().clone());
    return Value();
  });
  std::vector<Value> positional;
  for (const auto& a : call.value("args", Json::array())) positional.push_back(from_json(in, a, inputs, false));
  Value output;
  {
    Autocast autocast(run.contains("autocast"));
    output = in.invoke(module, positional, keywords_of(in, call.value("kwargs", Json::object()), inputs, false));
  }
  in.guard([&] {
    output = select(in, output, c.json("output", "[]"));
    if (!is_tensor(output)) in.raise("TypeError", "the output is no tensor but " + in.type_name(output));
    result.output = to_tensor(output);
    if (!backward) return Value();
    at::Tensor flat = result.output.to(at::kFloat).reshape(-1);
    if (flat.requires_grad()) {
      at::Tensor loss = (hashed_tensor(flat.sizes(), 2000, 1, 0) * flat).sum();
      run_backward(in, {loss}, {}, false, false);
    }
    for (auto& [name, t] : named_parameters(in, module)) {
      result.parameters.push_back(name);
      if (t.grad().defined())
        result.gradients.emplace_back(name, t.grad());
      else
        result.without_gradient.push_back(name);
    }
    for (auto& [name, t] : inputs)
      if (t.grad().defined()) result.input_gradients.emplace_back(name, t.grad());
    auto after = named_buffers(in, module);
    for (size_t i = 0; i < after.size() && i < before.size(); ++i)
      if (!after[i].tensor.sizes().equals(before[i].second.sizes()) || !after[i].tensor.equal(before[i].second))
        result.buffers.emplace_back(after[i].name, after[i].tensor);
    return Value();
  });
  return result;
}

// HDF5

void write_array(hid_t file, const std::string& name, const at::Tensor& given) {
  at::Tensor t = given.detach().to(at::kFloat).contiguous();
  std::vector<hsize_t> sizes(t.sizes().begin(), t.sizes().end());
  hid_t space =
      sizes.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr);
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  hid_t set = H5Dcreate2(file, name.c_str(), H5T_NATIVE_FLOAT, space, links, H5P_DEFAULT, H5P_DEFAULT);
  if (set < 0 || H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, t.const_data_ptr()) < 0)
    throw std::runtime_error("cannot write '" + name + "'");
  H5Dclose(set);
  H5Pclose(links);
  H5Sclose(space);
}

void write_names(hid_t file, const char* name, const std::vector<std::string>& names) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  hsize_t n = names.size();
  hid_t space = n ? H5Screate_simple(1, &n, nullptr) : H5Screate(H5S_NULL);
  hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  std::vector<const char*> texts;
  for (const auto& s : names) texts.push_back(s.c_str());
  if (n) H5Awrite(attribute, type, texts.data());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void write_outcome(hid_t file, const std::string& mode, const Outcome& o, bool gradients) {
  write_array(file, mode + "/out", o.output);
  if (!gradients) return;
  for (const auto& [name, t] : o.gradients) write_array(file, mode + "/grad/" + name, t);
  for (const auto& [name, t] : o.input_gradients) write_array(file, mode + "/grad_input/" + name, t);
  for (const auto& [name, t] : o.buffers) write_array(file, mode + "/buffer/" + name, t);
  write_names(file, "params", o.parameters);
  write_names(file, "no_grad", o.without_gradient);
}

void run_case(const Case& c, const fs::path& root, const fs::path& out) {
  Interpreter in;
  install_torch(in);
  std::string source, name;
  std::stringstream files(c.row.at("files"));
  for (std::string file; files >> file;) {
    std::ifstream f(root / file);
    if (!f) throw std::runtime_error("cannot open '" + file + "'");
    std::stringstream text;
    text << f.rdbuf();
    source += text.str() + "\n";
    name = file;
  }
  Ref<ModuleObject> module = in.run(source, name);
  Value* type = module->attributes->find(in.intern(c.row.at("class")).get());
  if (!type) throw std::runtime_error("no class '" + c.row.at("class") + "' in " + name);
  Outcome eval = run_mode(in, *type, c, false, 1, true), train = run_mode(in, *type, c, true, 1, true);
  Outcome again = run_mode(in, *type, c, true, 2, false);
  bool random = !train.output.equal(again.output) && !train.output.isnan().any().item<bool>();
  hid_t file = H5Fcreate(out.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0) throw std::runtime_error("cannot write '" + out.string() + "'");
  write_outcome(file, "eval", eval, random);
  if (!random) write_outcome(file, "train", train, true);
  H5Fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: run_cases CASES.tsv ROOT OUT\n";
    return 2;
  }
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  try {
    for (const Case& c : read_table(argv[1])) {
      std::string id = c.row.at("id");
      fs::path base = fs::path(argv[3]) / id;
      fs::create_directories(base.parent_path());
      for (const char* end : {".h5", ".txt"}) fs::remove(base.string() + end);
      try {
        run_case(c, argv[2], base.string() + ".h5");
      } catch (const std::exception& e) {
        std::ofstream(base.string() + ".txt") << e.what() << "\n";
      }
    }
  } catch (const std::exception& e) {
    std::cerr << "run_cases: " << e.what() << "\n";
    return 2;
  }
  return 0;
}
