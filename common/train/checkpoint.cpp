#include "train/checkpoint.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdio>
#include <exception>

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
  int64_t bucket_elements = Partition::kBucketElements;  // which pieces of the moments a shard has
  std::vector<ShardEntry> shards;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("step", step);
    v("bucket_elements", bucket_elements);
    v("shards", shards);
  }
};

std::string shard_name(size_t rank) { return "shard-" + std::to_string(rank) + ".h5"; }

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

/// What a rank of the partition owns, as views of `moment`: its own pieces, or where `whole`, all of the flat vector. A
/// whole parameter has its name and shape, a slice "NAME.from_ELEMENT".
std::vector<ModelParameter> slices(const Optimizer& optimizer, const Partition& partition, int rank,
                                   const at::Tensor& moment, bool whole) {
  std::vector<ModelParameter> out;
  for (const auto& slice : optimizer.slices(partition, rank)) {
    const ModelParameter& parameter = optimizer.parameters()[slice.parameter];
    const at::Tensor view = moment.narrow(0, whole ? slice.flat : slice.own, slice.count);
    if (slice.count == parameter.tensor.numel())
      out.push_back({parameter.name, view.view(parameter.tensor.sizes())});
    else
      out.push_back({parameter.name + ".from_" + std::to_string(slice.offset), view});
  }
  return out;
}

/// What rank 0 reads of a checkpoint: the moments whole, whoever wrote them.
struct Loaded {
  TrainState state;
  at::Tensor first, second;  // flat
};

Loaded read_checkpoint(const Path& directory, Optimizer& optimizer, LanguageModel& model) {
  const auto manifest = read_yaml<Manifest>(directory / "manifest.yaml");
  const size_t n = manifest.shards.size();
  if (n == 0) throw Error("its manifest names no shards");
  for (size_t r = 0; r < n; ++r) {
    if (manifest.shards[r].file != shard_name(r)) throw Error("its manifest names other shards");
    if (hex16(checksum64(read_file(directory / shard_name(r)))) != manifest.shards[r].checksum)
      throw Error("the checksum of " + shard_name(r) + " does not match");
  }
  const int64_t elements = optimizer.partition().elements();
  const Partition writers(elements, static_cast<int>(n), manifest.bucket_elements);
  Loaded out{{}, at::zeros({elements}, at::kFloat), at::zeros({elements}, at::kFloat)};
  for (size_t r = 0; r < n; ++r) {
    const Path shard = directory / shard_name(r);
    const Hdf5File file = Hdf5File::open(shard);
    const int rank = static_cast<int>(r);
    read_tensors(file, shard, "/first_moment", slices(optimizer, writers, rank, out.first, true));
    read_tensors(file, shard, "/second_moment", slices(optimizer, writers, rank, out.second, true));
    if (r > 0) continue;
    read_tensors(file, shard, "/model", named(optimizer, optimizer.weights()));
    read_tensors(file, shard, "/buffers", model.buffers());
    out.state.step = file.integer("/", "step");
    out.state.smoothed_loss = file.number("/", "smoothed_loss");
    out.state.smoothed_weight = file.number("/", "smoothed_weight");
    out.state.best_loss = file.number("/", "best_loss");
  }
  return out;
}

ShardEntry write_shard(const Path& directory, const TrainState& state, Optimizer& optimizer, LanguageModel& model) {
  const int rank = optimizer.rank();
  const Path shard = directory / shard_name(static_cast<size_t>(rank));
  write_hdf5(shard, [&](Hdf5File& file) {
    for (const auto& [group, moment] :
         {std::pair("/first_moment", optimizer.first_moment()), std::pair("/second_moment", optimizer.second_moment())})
      write_tensors(file, group, slices(optimizer, optimizer.partition(), rank, moment, false));
    if (rank > 0) return;
    write_tensors(file, "/model", named(optimizer, optimizer.weights()));
    write_tensors(file, "/buffers", model.buffers());
    file.set("/", "step", state.step);
    file.set("/", "smoothed_loss", state.smoothed_loss);
    file.set("/", "smoothed_weight", state.smoothed_weight);
    file.set("/", "best_loss", state.best_loss);
  });
  const std::string bytes = read_file(shard);
  return {shard.filename().string(), hex16(checksum64(bytes)), static_cast<int64_t>(bytes.size())};
}

/// Every rank's entry, on every rank; throws on all when one has failed.
std::vector<ShardEntry> gather_entries(const ShardEntry& mine, const Communicator& communicator) {
  const auto at = static_cast<size_t>(communicator.rank()) * 3;
  std::vector<double> numbers(static_cast<size_t>(communicator.size()) * 3);  // halves of a checksum are exact
  numbers[at] = std::stoul(mine.checksum.substr(0, 8), nullptr, 16);
  numbers[at + 1] = std::stoul(mine.checksum.substr(8), nullptr, 16);
  numbers[at + 2] = static_cast<double>(mine.bytes);
  communicator.sum(numbers);
  std::vector<ShardEntry> out;
  for (size_t r = 0; r < numbers.size() / 3; ++r)
    out.push_back({shard_name(r),
                   hex16(static_cast<uint64_t>(numbers[3 * r]) << 32 | static_cast<uint64_t>(numbers[3 * r + 1])),
                   static_cast<int64_t>(numbers[3 * r + 2])});
  return out;
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

void save_checkpoint(const Path& run, const TrainState& state, Optimizer& optimizer, LanguageModel& model,
                     const Communicator& communicator) {
  const auto write = [&](const Path& temporary) {
    std::exception_ptr fault;
    ShardEntry entry{"", std::string(16, '0')};
    try {
      if (temporary.empty()) throw Error("rank 0 cannot make the checkpoint's directory");
      entry = write_shard(temporary, state, optimizer, model);
    } catch (...) {
      fault = std::current_exception();
    }
    const bool failed = communicator.any(fault != nullptr);
    if (fault) std::rethrow_exception(fault);
    if (failed) throw Error("another rank could not write its part of the checkpoint");
    return gather_entries(entry, communicator);
  };
  if (!communicator.first()) {
    write(communicator.broadcast(std::string()));
  } else {
    bool told = false;
    try {
      commit_directory(run / directory_name(state.step), [&](const Path& temporary) {
        told = true;
        Manifest manifest;
        manifest.step = state.step;
        manifest.bucket_elements = optimizer.partition().bucket_elements();
        manifest.shards = write(communicator.broadcast(temporary.string()));
        write_yaml(temporary / "manifest.yaml", manifest);
      });
    } catch (...) {
      if (!told) {
        communicator.broadcast(std::string());
        communicator.any(true);
      }
      throw;
    }
  }
  communicator.barrier();
}

std::optional<TrainState> load_checkpoint(const Path& run, Optimizer& optimizer, LanguageModel& model,
                                          const Communicator& communicator) {
  std::optional<Loaded> found;
  if (communicator.first()) {
    // A shard read halfway leaves the weights changed: what to go back to when no checkpoint is valid.
    const at::Tensor start = optimizer.weights().clone();
    for (const Path& directory : list_checkpoints(run)) {
      try {
        found = read_checkpoint(directory, optimizer, model);
        break;
      } catch (const Error& e) {
        log_warning("'" + directory.string() + "' is not valid and is removed: " + e.what());
        remove_directory(directory);
        optimizer.weights().copy_(start);
      }
    }
  }
  bool any = found.has_value();
  communicator.broadcast(&any, sizeof any);
  if (!any) return std::nullopt;
  const int64_t n = optimizer.partition().elements();
  if (!found) found = Loaded{{}, at::zeros({n}, at::kFloat), at::zeros({n}, at::kFloat)};
  communicator.broadcast(&found->state, sizeof found->state);
  const auto share = [&](const at::Tensor& t) {  // through the host, which is all that MPI needs to know
    if (communicator.size() == 1) return;
    const at::Tensor there = t.cpu().contiguous();
    communicator.broadcast(there.data_ptr(), static_cast<size_t>(there.nbytes()));
    if (!there.is_same(t)) at::Tensor(t).copy_(there);
  };
  for (const at::Tensor& flat : {optimizer.weights(), found->first, found->second}) share(flat);
  for (const auto& b : model.buffers()) share(b.tensor);
  for (const auto& piece : optimizer.partition().pieces(optimizer.rank())) {
    optimizer.first_moment().narrow(0, piece.own, piece.count).copy_(found->first.narrow(0, piece.begin, piece.count));
    optimizer.second_moment()
        .narrow(0, piece.own, piece.count)
        .copy_(found->second.narrow(0, piece.begin, piece.count));
  }
  return found->state;
}

void thin_checkpoints(const Path& run, int64_t keep) {
  const auto all = list_checkpoints(run);
  for (size_t i = static_cast<size_t>(std::max<int64_t>(0, keep)); i < all.size(); ++i) remove_directory(all[i]);
}

}  // namespace gradus
