#include "train/checkpoint.h"

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "design/files.h"
#include "train/weights.h"

namespace gradus {
namespace {

struct ShardEntry {
  std::string file, checksum;  // XXH3 of the file's bytes
  int64_t bytes = 0;
  template <class V>
  void fields(V& v) {
    v("file", file);
    v("checksum", checksum);
    v("bytes", bytes);
  }
};
struct Manifest {  // manifest.yaml, written last
  int format = 1;
  int64_t step = 0;
  std::vector<ShardEntry> shards;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("step", step);
    v("shards", shards);
  }
};

// Data-parallel ranks hold the same state, so there is one shard; the form allows one a rank.
constexpr const char* kShard = "shard-0.h5";

std::string directory_name(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "checkpoint-%08lld", static_cast<long long>(step));
  return name;
}

/// A flat vector as the model's named tensors.
std::vector<ModelParameter> named(Optimizer& optimizer, const at::Tensor& flat) {
  std::vector<ModelParameter> out = optimizer.parameters();
  for (size_t i = 0; i < out.size(); ++i)
    out[i].tensor = flat.narrow(0, optimizer.offset(i), out[i].tensor.numel()).view(out[i].tensor.sizes());
  return out;
}

TrainState read_checkpoint(const Path& directory, Optimizer& optimizer, LanguageModel& model) {
  const auto manifest = read_yaml<Manifest>(directory / "manifest.yaml");
  if (manifest.shards.size() != 1 || manifest.shards[0].file != kShard) throw Error("its manifest names other shards");
  const Path shard = directory / kShard;
  if (hex16(checksum64(read_file(shard))) != manifest.shards[0].checksum) throw Error("its checksum does not match");
  const Hdf5File file = Hdf5File::open(shard);
  read_tensors(file, shard, "/model", named(optimizer, optimizer.weights()));
  read_tensors(file, shard, "/first_moment", named(optimizer, optimizer.first_moment()));
  read_tensors(file, shard, "/second_moment", named(optimizer, optimizer.second_moment()));
  read_tensors(file, shard, "/buffers", model.buffers());
  TrainState state;
  state.step = file.integer("/", "step");
  state.smoothed_loss = file.number("/", "smoothed_loss");
  state.smoothed_weight = file.number("/", "smoothed_weight");
  state.best_loss = file.number("/", "best_loss");
  return state;
}

void remove_directory(const Path& directory) {
  std::error_code e;
  std::filesystem::remove_all(directory, e);
  if (e) log_warning("cannot remove '" + directory.string() + "': " + e.message());
}

}  // namespace

std::vector<Path> list_checkpoints(const Path& run) {
  std::vector<Path> out;
  std::error_code e;
  for (const auto& entry : std::filesystem::directory_iterator(run, e))
    if (entry.path().filename().string().rfind("checkpoint-", 0) == 0 && !is_temporary(entry.path()))
      out.push_back(entry.path());
  std::sort(out.rbegin(), out.rend());
  return out;
}

void save_checkpoint(const Path& run, const TrainState& state, Optimizer& optimizer, LanguageModel& model) {
  const Path directory = run / directory_name(state.step);
  commit_directory(directory, [&](const Path& temporary) {
    write_hdf5(temporary / kShard, [&](Hdf5File& file) {
      write_tensors(file, "/model", named(optimizer, optimizer.weights()));
      write_tensors(file, "/first_moment", named(optimizer, optimizer.first_moment()));
      write_tensors(file, "/second_moment", named(optimizer, optimizer.second_moment()));
      write_tensors(file, "/buffers", model.buffers());
      file.set("/", "step", state.step);
      file.set("/", "smoothed_loss", state.smoothed_loss);
      file.set("/", "smoothed_weight", state.smoothed_weight);
      file.set("/", "best_loss", state.best_loss);
    });
    const std::string bytes = read_file(temporary / kShard);
    Manifest manifest;
    manifest.step = state.step;
    manifest.shards.push_back({kShard, hex16(checksum64(bytes)), static_cast<int64_t>(bytes.size())});
    write_yaml(temporary / "manifest.yaml", manifest);
  });
}

std::optional<TrainState> load_checkpoint(const Path& run, Optimizer& optimizer, LanguageModel& model,
                                          const Communicator& communicator) {
  std::optional<TrainState> found;
  if (communicator.first()) {
    // A shard read halfway leaves the flat vectors changed: what to go back to when no checkpoint is valid.
    const at::Tensor start = optimizer.weights().clone();
    for (const Path& directory : list_checkpoints(run)) {
      try {
        found = read_checkpoint(directory, optimizer, model);
        break;
      } catch (const Error& e) {
        log_warning("'" + directory.string() + "' is not valid and is removed: " + e.what());
        remove_directory(directory);
        optimizer.weights().copy_(start);
        optimizer.first_moment().zero_();
        optimizer.second_moment().zero_();
      }
    }
  }
  bool any = found.has_value();
  communicator.broadcast(&any, sizeof any);
  if (!any) return std::nullopt;
  TrainState state = found.value_or(TrainState{});
  communicator.broadcast(&state, sizeof state);
  for (auto* flat : {&optimizer.weights(), &optimizer.first_moment(), &optimizer.second_moment()})
    communicator.broadcast(flat->data_ptr(), static_cast<size_t>(flat->numel()) * sizeof(float));
  for (const auto& b : model.buffers())
    communicator.broadcast(b.tensor.data_ptr(), static_cast<size_t>(b.tensor.nbytes()));
  return state;
}

void thin_checkpoints(const Path& run, int64_t keep) {
  const auto all = list_checkpoints(run);
  for (size_t i = static_cast<size_t>(std::max<int64_t>(0, keep)); i < all.size(); ++i) remove_directory(all[i]);
}

}  // namespace gradus
