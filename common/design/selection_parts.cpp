#include "design/selection_parts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gradus {

Path part_file(const Experiment& experiment, int generation, const std::string& stage, size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "%03zu.yaml", number);
  return Path(experiment.selection(generation, stage)).replace_extension() / name;
}

std::vector<SelectionPart> read_parts(const Experiment& experiment, int generation, const std::string& stage) {
  std::vector<SelectionPart> out;
  while (auto part = read_yaml_if_exists<SelectionPart>(part_file(experiment, generation, stage, out.size() + 1)))
    out.push_back(std::move(*part));
  return out;
}

Selection sum_of(const std::vector<SelectionPart>& parts) {
  require(!parts.empty(), "a part");
  Selection out = parts.back().selection;
  out.chosen.clear();
  for (const SelectionPart& part : parts)
    out.chosen.insert(out.chosen.end(), part.selection.chosen.begin(), part.selection.chosen.end());
  return out;
}

bool write_file_once(const Path& path, const std::string& bytes) {
  if (std::filesystem::exists(path)) return false;
  const Path temporary = path.parent_path() / (".tmp-" + std::to_string(::getpid()) + "-" + path.filename().string());
  write_file(temporary, bytes);
  const int fault = ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  if (fault == EPERM || fault == ENOTSUP || fault == ENOSYS || fault == EMLINK) {
    std::filesystem::rename(temporary, path);
    return true;
  }
  std::filesystem::remove(temporary);
  if (fault != 0 && fault != EEXIST) throw Error("cannot write '" + path.string() + "': " + std::strerror(fault));
  const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY);
  if (directory >= 0) ::fsync(directory), ::close(directory);
  return fault == 0;
}

}  // namespace gradus
