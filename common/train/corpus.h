/// The text of an experiment: corpus/text.h5, documents with their split. The split is a function of a document's bytes
/// alone, so it is the same for every vocabulary and whatever else the corpus holds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "train/hdf5.h"
#include "train/text_files.h"

namespace gradus {

enum class Split : uint8_t { kTrain = 0, kValidation = 1, kConfirmation = 2 };
inline constexpr std::array kSplits{Split::kTrain, Split::kValidation, Split::kConfirmation};
const char* to_string(Split split);  // "train", "validation", "confirmation"

struct SplitShares {
  double validation = 0.05, confirmation = 0.05;
};

/// The splits of documents with these hashes: hash / 2^64 below `validation` is validation, the next `confirmation`
/// confirmation, the rest train. A split left empty takes the document nearest to its range.
std::vector<Split> assign_splits(const std::vector<uint64_t>& hashes, const SplitShares& shares);

class Corpus {
 public:
  /// Opens DIRECTORY/text.h5; throws Error saying how to make it.
  static Corpus open(const Path& directory);
  /// Makes it: streaming, duplicates dropped (by XXH3 of their bytes). No document at all is an Error.
  static TextCounts build(const Path& directory, const TextOptions& options, const SplitShares& shares);

  uint64_t size() const { return splits_.size(); }  // documents
  Split split(uint64_t document) const { return splits_[document]; }
  uint64_t bytes(uint64_t document) const { return offsets_[document + 1] - offsets_[document]; }
  uint64_t hash_of(uint64_t document) const { return hashes_[document]; }
  std::string text(uint64_t document) const;
  uint64_t documents_in(Split split) const;
  uint64_t bytes_in(Split split) const;
  const std::string& hash() const { return hash_; }            // of all documents and splits
  const std::string& made_from() const { return made_from_; }  // input paths and options, to notice another request

 private:
  Hdf5Dataset data_;
  std::vector<uint64_t> offsets_, hashes_;
  std::vector<Split> splits_;
  std::string hash_, made_from_;
};

/// What `made_from` says of a request: absolute paths, encoding, limit, shares.
std::string describe_request(const TextOptions& options, const SplitShares& shares);

}  // namespace gradus
