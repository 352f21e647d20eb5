#include "design/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace gradus {
namespace {

const std::vector<std::pair<at::ScalarType, const char*>>& type_names() {
  static const std::vector<std::pair<at::ScalarType, const char*>> names = {
      {at::kDouble, "F64"}, {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}, {at::kLong, "I64"},
      {at::kInt, "I32"},    {at::kShort, "I16"}, {at::kChar, "I8"},  {at::kByte, "U8"},       {at::kBool, "BOOL"}};
  return names;
}

std::string type_name(const at::Tensor& t, const std::string& name) {
  for (const auto& [type, text] : type_names()) {
    if (type == t.scalar_type()) return text;
  }
  throw Error("cannot write '" + name + "': safetensors has no type " + toString(t.scalar_type()));
}

}  // namespace

void write_safetensors(const Path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const size_t end = offset + tensor.nbytes();
    header[name] = {
        {"dtype", type_name(tensor, name)}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // data aligned, as the format asks
  const uint64_t length = text.size();
  write_file_by(path, [&](const Path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << text;
    for (const auto& [name, tensor] : tensors) {
      const at::Tensor flat = tensor.detach().contiguous();
      out.write(static_cast<const char*>(flat.const_data_ptr()), static_cast<std::streamsize>(flat.nbytes()));
    }
    out.close();
    if (!out) throw_errno("cannot write", path.string());
  });
}

NamedTensors read_safetensors(const Path& path) {
  const std::string bytes = read_file(path);
  auto refuse = [&](const std::string& why) { throw Error("cannot read '" + path.string() + "': " + why); };
  uint64_t length = 0;
  if (bytes.size() < 8) refuse("it ends within the header");
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8) refuse("it ends within the header");
  const size_t start = 8 + length, size = bytes.size() - start;
  std::vector<std::pair<size_t, std::pair<std::string, at::Tensor>>> found;
  try {
    const auto header = nlohmann::json::parse(bytes.begin() + 8, bytes.begin() + static_cast<std::ptrdiff_t>(start));
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      const std::string type = entry.at("dtype");
      const auto known =
          std::find_if(type_names().begin(), type_names().end(), [&](const auto& t) { return type == t.second; });
      if (known == type_names().end()) refuse("'" + name + "' has the unknown type " + type);
      const size_t begin = entry.at("data_offsets").at(0), end = entry.at("data_offsets").at(1);
      const auto shape = entry.at("shape").get<std::vector<int64_t>>();
      if (begin > end || end > size) refuse("it ends within '" + name + "'");
      at::Tensor tensor = at::empty(shape, known->first);
      if (tensor.nbytes() != end - begin) refuse("'" + name + "' has a shape that is not its size");
      if (end > begin) std::memcpy(tensor.mutable_data_ptr(), bytes.data() + start + begin, end - begin);
      found.emplace_back(begin, std::pair(name, tensor));
    }
  } catch (const nlohmann::json::exception&) {
    refuse("its header is no safetensors header");
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  NamedTensors out;
  for (auto& [begin, named] : found) out.push_back(std::move(named));
  return out;
}

}  // namespace gradus
