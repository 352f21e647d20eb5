#include "train/corpus.h"

#include <algorithm>
#include <unordered_set>

#include "base/config.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"

namespace gradus {
namespace {

constexpr uint64_t kChunkBytes = 1 << 20;

/// What is kept of each document while the corpus is made: 20 bytes.
struct Index {
  std::vector<uint64_t> offsets{0}, hashes;
  std::vector<uint32_t> files;
};

std::string hash_corpus(const std::vector<uint64_t>& hashes, const std::vector<Split>& splits) {
  std::string bytes;
  bytes.reserve(hashes.size() * 9);
  for (size_t i = 0; i < hashes.size(); ++i) {
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(hashes[i] >> shift);
    bytes += static_cast<char>(splits[i]);
  }
  return hash_hex16(bytes);
}

[[noreturn]] void throw_empty(const TextOptions& options, const TextCounts& counts, size_t n_files) {
  std::string where;
  for (const auto& p : options.paths) where += (where.empty() ? "'" : ", '") + p + "'";
  throw Error("the corpus is empty: no text in " + where + ": " + std::to_string(n_files) + " files, of them " +
              std::to_string(counts.binary_files) + " not text, " + std::to_string(counts.unreadable_files) +
              " not readable; " + std::to_string(counts.invalid_documents) + " documents invalid");
}

/// Streams all documents into the growing dataset "bytes".
Index gather(Hdf5File& file, const std::vector<TextFile>& files, const TextOptions& options, TextCounts& counts) {
  Index index;
  auto data = file.create_growing("bytes", Hdf5Type::kUint8, kChunkBytes, {"byte", "byte"});
  std::unordered_set<uint64_t> seen;
  std::string buffer;
  const auto flush = [&] {
    data.append_raw(Hdf5Type::kUint8, buffer.data(), buffer.size());
    buffer.clear();
  };
  double total = 0, done = 0;
  for (const auto& f : files) total += static_cast<double>(f.bytes);
  Progress progress("read", total / 1e6, "MB");
  for (size_t i = 0; i < files.size(); ++i) {
    read_documents(files[i], options, counts, [&](std::string&& text) {
      const uint64_t hash = checksum64(text);
      if (!seen.insert(hash).second) {
        ++counts.duplicates;
        return;
      }
      index.offsets.push_back(index.offsets.back() + text.size());
      index.hashes.push_back(hash);
      index.files.push_back(static_cast<uint32_t>(i));
      buffer += text;
      if (buffer.size() >= 4 * kChunkBytes) flush();
    });
    progress.update((done += static_cast<double>(files[i].bytes)) / 1e6);
  }
  flush();
  progress.finish();
  counts.documents = index.hashes.size();
  counts.bytes = index.offsets.back();
  return index;
}

}  // namespace

const char* to_string(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kConfirmation:
      return "confirmation";
  }
  return "";
}

std::vector<Split> assign_splits(const std::vector<uint64_t>& hashes, const SplitShares& shares) {
  std::vector<Split> out(hashes.size(), Split::kTrain);
  const auto unit = [&](size_t i) { return static_cast<double>(hashes[i]) / 18446744073709551616.0; };
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (unit(i) < shares.validation) {
      out[i] = Split::kValidation;
    } else if (unit(i) < shares.validation + shares.confirmation) {
      out[i] = Split::kConfirmation;
    }
  }
  // A small corpus: the train document with the smallest hash stands in.
  for (Split wanted : {Split::kValidation, Split::kConfirmation}) {
    if (std::count(out.begin(), out.end(), wanted) > 0) continue;
    size_t best = hashes.size();
    for (size_t i = 0; i < hashes.size(); ++i)
      if (out[i] == Split::kTrain && (best == hashes.size() || hashes[i] < hashes[best])) best = i;
    if (best < hashes.size()) out[best] = wanted;
  }
  if (std::count(out.begin(), out.end(), Split::kTrain) == 0 || hashes.size() < 3)
    throw Error("the corpus has only " + std::to_string(hashes.size()) +
                " documents: train, validation and confirmation need one each; give more text");
  return out;
}

std::string describe_request(const TextOptions& options, const SplitShares& shares) {
  std::string out = options.latin1 ? "latin1" : "utf-8";
  out += " validation " + yaml_float(shares.validation) + " confirmation " + yaml_float(shares.confirmation);
  out += " limit " + std::to_string(options.limit_bytes) + " of";
  for (const auto& p : options.paths) out += " " + std::filesystem::absolute(p).lexically_normal().string();
  return out;
}

TextCounts Corpus::build(const Path& directory, const TextOptions& options, const SplitShares& shares) {
  TextCounts counts;
  const auto files = list_text_files(options);
  write_hdf5(directory / "text.h5", [&](Hdf5File& file) {
    const Index index = gather(file, files, options, counts);
    if (index.hashes.empty()) throw_empty(options, counts, files.size());
    const auto splits = assign_splits(index.hashes, shares);
    std::string names;
    for (const auto& f : files) names += f.name + "\n";
    file.write("offsets", index.offsets, {"byte", "document, and the end"});
    file.write("hash", index.hashes, {"XXH3 of the bytes", "document"});
    file.write("file", index.files, {"line of file_names, from 0", "document"});
    file.write_raw("split", Hdf5Type::kUint8, splits.data(), {splits.size()},
                   {"0 train, 1 validation, 2 confirmation", "document"});
    file.write("file_names", std::vector<uint8_t>(names.begin(), names.end()), {"UTF-8 lines", "byte"});
    const std::string request = describe_request(options, shares);
    file.write("made_from", std::vector<uint8_t>(request.begin(), request.end()), {"UTF-8 text", "byte"});
    file.set("/", "hash", hash_corpus(index.hashes, splits));
    file.set("/", "files", static_cast<int64_t>(counts.files));
    file.set("/", "invalid_documents", static_cast<int64_t>(counts.invalid_documents));
    file.set("/", "duplicates", static_cast<int64_t>(counts.duplicates));
  });
  return counts;
}

Corpus Corpus::open(const Path& directory) {
  const Path path = directory / "text.h5";
  if (!std::filesystem::exists(path))
    throw Error("cannot read '" + path.string() + "': no corpus yet; run: prepare " + directory.parent_path().string() +
                " --text FOLDER");
  const Hdf5File file = Hdf5File::open(path);
  Corpus c;
  c.data_ = file.dataset("bytes");
  c.offsets_ = file.read<uint64_t>("offsets");
  c.hashes_ = file.read<uint64_t>("hash");
  for (uint8_t s : file.read<uint8_t>("split")) c.splits_.push_back(static_cast<Split>(s));
  if (c.offsets_.size() != c.splits_.size() + 1 || c.hashes_.size() != c.splits_.size())
    throw Error("cannot read '" + path.string() + "': its tables disagree");
  c.hash_ = file.text("/", "hash");
  const auto request = file.read<uint8_t>("made_from");
  c.made_from_.assign(request.begin(), request.end());
  return c;
}

std::string Corpus::text(uint64_t document) const {
  std::string out(bytes(document), '\0');
  data_.read_range(offsets_[document], out.size(), reinterpret_cast<uint8_t*>(out.data()));
  return out;
}

uint64_t Corpus::documents_in(Split split) const {
  return static_cast<uint64_t>(std::count(splits_.begin(), splits_.end(), split));
}

uint64_t Corpus::bytes_in(Split split) const {
  uint64_t n = 0;
  for (uint64_t i = 0; i < size(); ++i) n += splits_[i] == split ? bytes(i) : 0;
  return n;
}

}  // namespace gradus
