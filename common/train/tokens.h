/// Token files: corpus/v1024.h5, each split's documents as tokens, an end token after each document.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/corpus.h"
#include "train/vocabulary.h"

namespace gradus {

/// Writes corpus/vN.h5 (uint16 tokens, uint32 above 65,536). Streaming.
void write_tokens(const Path& corpus_directory, const Corpus& corpus, const Vocabulary& vocabulary);

/// Whether corpus/vN.h5 is there and of this text and tokenizer.
bool tokens_are_of(const Path& corpus_directory, const Corpus& corpus, const Vocabulary& vocabulary);

/// One split of a token file.
class TokenShard {
 public:
  /// Throws Error saying how to make the file; refuses one that belongs to another text or tokenizer.
  static TokenShard open(const Path& corpus_directory, int64_t vocabulary, Split split);

  uint64_t size() const { return n_tokens_; }
  /// `count` tokens from `first` on.
  void read(uint64_t first, uint64_t count, int64_t* out) const { tokens_.read_range(first, count, out); }

  uint64_t n_documents() const { return bytes_.size(); }
  uint64_t begin(uint64_t document) const { return offsets_[document]; }  // its first token; the end token is its last
  uint64_t end(uint64_t document) const { return offsets_[document + 1]; }
  uint64_t bytes(uint64_t document) const { return bytes_[document]; }     // original bytes
  uint64_t number(uint64_t document) const { return numbers_[document]; }  // in text.h5
  int64_t vocabulary() const { return vocabulary_; }
  int64_t end_of_document() const { return end_token_; }
  const std::string& corpus_hash() const { return corpus_hash_; }  // of text, splits and tokenizer

 private:
  Hdf5Dataset tokens_;
  std::vector<uint64_t> offsets_, bytes_, numbers_;
  uint64_t n_tokens_ = 0;
  int64_t vocabulary_ = 0, end_token_ = 0;
  std::string corpus_hash_;
};

}  // namespace gradus
