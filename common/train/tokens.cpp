#include "train/tokens.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/progress.h"

namespace gradus {
namespace {

constexpr uint64_t kChunkTokens = 1 << 14;

Path token_file(const Path& corpus_directory, int64_t vocabulary) {
  return corpus_directory / ("v" + std::to_string(vocabulary) + ".h5");
}

/// Appends one split's tokens block by block.
struct SplitWriter {
  Hdf5Dataset tokens;
  std::vector<uint32_t> buffer;
  std::vector<uint64_t> offsets{0}, bytes, numbers;

  void flush() {
    tokens.append(buffer);  // HDF5 narrows to the file's type
    buffer.clear();
  }
};

std::string combined_hash(const Corpus& corpus, const Vocabulary& vocabulary) {
  return hash_hex16(corpus.hash() + " " + vocabulary.hash());
}

}  // namespace

bool tokens_are_of(const Path& corpus_directory, const Corpus& corpus, const Vocabulary& vocabulary) {
  const Path path = token_file(corpus_directory, vocabulary.size());
  return std::filesystem::exists(path) &&
         Hdf5File::open(path).text("/", "corpus_hash") == combined_hash(corpus, vocabulary);
}

void write_tokens(const Path& corpus_directory, const Corpus& corpus, const Vocabulary& vocabulary) {
  write_hdf5(token_file(corpus_directory, vocabulary.size()), [&](Hdf5File& file) {
    const auto type = vocabulary.size() <= 65'536 ? Hdf5Type::kUint16 : Hdf5Type::kUint32;
    std::vector<SplitWriter> writers(kSplits.size());
    for (Split s : kSplits)
      writers[static_cast<size_t>(s)].tokens =
          file.create_growing(std::string(to_string(s)) + "/tokens", type, kChunkTokens, {"token", "position"});
    uint64_t total = 0, done = 0;
    for (Split s : kSplits) total += corpus.bytes_in(s);
    Progress progress("tokens v" + std::to_string(vocabulary.size()), static_cast<double>(total) / 1e6, "MB");
    for (uint64_t d = 0; d < corpus.size(); ++d) {
      auto& w = writers[static_cast<size_t>(corpus.split(d))];
      const auto tokens = vocabulary.encode(corpus.text(d));
      w.buffer.insert(w.buffer.end(), tokens.begin(), tokens.end());
      w.buffer.push_back(vocabulary.end_of_document());
      w.offsets.push_back(w.offsets.back() + tokens.size() + 1);
      w.bytes.push_back(corpus.bytes(d));
      w.numbers.push_back(d);
      if (w.buffer.size() > 64 * kChunkTokens) w.flush();
      progress.update(static_cast<double>(done += corpus.bytes(d)) / 1e6);
    }
    for (Split s : kSplits) {
      auto& w = writers[static_cast<size_t>(s)];
      w.flush();
      const std::string group = to_string(s);
      file.write(group + "/offsets", w.offsets, {"token", "document, and the end"});
      file.write(group + "/bytes", w.bytes, {"byte", "document"});
      file.write(group + "/document", w.numbers, {"document of text.h5", "document"});
    }
    file.set("/", "vocabulary", vocabulary.size());
    file.set("/", "end_of_document", static_cast<int64_t>(vocabulary.end_of_document()));
    file.set("/", "text_hash", corpus.hash());
    file.set("/", "tokenizer_hash", vocabulary.hash());
    file.set("/", "corpus_hash", combined_hash(corpus, vocabulary));
    progress.finish();
  });
}

TokenShard TokenShard::open(const Path& corpus_directory, int64_t vocabulary, Split split) {
  const Path path = token_file(corpus_directory, vocabulary);
  if (!std::filesystem::exists(path))
    throw Error("cannot read '" + path.string() + "': no tokens of this vocabulary; run: prepare " +
                corpus_directory.parent_path().string());
  const Hdf5File file = Hdf5File::open(path);
  const std::string group = to_string(split);
  TokenShard s;
  s.tokens_ = file.dataset(group + "/tokens");
  s.offsets_ = file.read<uint64_t>(group + "/offsets");
  s.bytes_ = file.read<uint64_t>(group + "/bytes");
  s.numbers_ = file.read<uint64_t>(group + "/document");
  s.n_tokens_ = s.tokens_.size();
  s.vocabulary_ = file.integer("/", "vocabulary");
  s.end_token_ = file.integer("/", "end_of_document");
  s.corpus_hash_ = file.text("/", "corpus_hash");
  if (s.vocabulary_ != vocabulary || s.offsets_.empty() || s.offsets_.back() != s.n_tokens_ ||
      s.bytes_.size() + 1 != s.offsets_.size() || s.numbers_.size() != s.bytes_.size())
    throw Error("cannot read '" + path.string() + "': its tables disagree");
  return s;
}

}  // namespace gradus
