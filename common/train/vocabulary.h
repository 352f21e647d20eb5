/// Tokenizers. A vocabulary of 256 is the bytes themselves (0, which no document holds, ends a document); any other is
/// a SentencePiece model with byte fallback, so that every text can be written and bits per byte are comparable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "train/corpus.h"

namespace gradus {

constexpr int64_t kByteVocabulary = 256;

class Vocabulary {
 public:
  static Vocabulary bytes();
  /// A SentencePiece model's bytes; `name` for errors. Refuses a model without byte fallback or end token.
  static Vocabulary from_model(std::string model, const std::string& name);
  /// The one in corpus/ of this size.
  static Vocabulary open(const Path& corpus_directory, int64_t size);

  int64_t size() const { return size_; }
  uint32_t end_of_document() const { return end_; }
  const std::string& hash() const { return hash_; }  // of the model file; "bytes" for bytes
  std::vector<uint32_t> encode(std::string_view text) const;
  std::string decode(const std::vector<uint32_t>& tokens) const;

 private:
  struct Model;
  std::shared_ptr<Model> model_;
  int64_t size_ = kByteVocabulary;
  uint32_t end_ = 0;
  std::string hash_ = "bytes";
};

/// Trains a model of exactly `size` tokens (BPE, byte fallback, no normalisation) on the train split, at most
/// `sample_bytes` of it, and returns its file's bytes. Deterministic. A size that the text cannot fill is an Error.
std::string train_vocabulary(const Corpus& corpus, int64_t size, uint64_t sample_bytes = 8 << 20);

}  // namespace gradus
