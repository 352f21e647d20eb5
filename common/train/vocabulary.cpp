#include "train/vocabulary.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

namespace gradus {

struct Vocabulary::Model {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

/// Lines of the chosen documents, without their ends: a line end is then a byte token, and text comes back exactly.
class LineIterator : public sentencepiece::SentenceIterator {
 public:
  LineIterator(const Corpus& corpus, std::vector<uint64_t> documents)
      : corpus_(corpus), documents_(std::move(documents)) {
    Next();
  }
  bool done() const override { return done_; }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }
  void Next() override {
    for (;;) {
      if (at_ >= text_.size()) {
        if (next_ == documents_.size()) {
          done_ = true;
          return;
        }
        text_ = corpus_.text(documents_[next_++]);
        at_ = 0;
      }
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      line_.assign(text_, at_, end - at_);
      at_ = end + 1;
      if (line_.find_first_not_of(" \t") != std::string::npos) return;
    }
  }

 private:
  const Corpus& corpus_;
  std::vector<uint64_t> documents_;
  size_t next_ = 0, at_ = 0;
  std::string text_, line_;
  bool done_ = false;
};

/// Train documents with the smallest hashes until `sample_bytes` are there: an even sample, in document order.
std::vector<uint64_t> sample_documents(const Corpus& corpus, uint64_t sample_bytes) {
  std::vector<uint64_t> documents;
  for (uint64_t i = 0; i < corpus.size(); ++i)
    if (corpus.split(i) == Split::kTrain) documents.push_back(i);
  // The low half of the hash: the splits cut the range of the high one.
  const auto order = [&](uint64_t i) { return corpus.hash_of(i) & 0xFFFFFFFF; };
  std::sort(documents.begin(), documents.end(),
            [&](uint64_t a, uint64_t b) { return order(a) != order(b) ? order(a) < order(b) : a < b; });
  uint64_t bytes = 0;
  size_t n = 0;
  while (n < documents.size() && bytes < sample_bytes) bytes += corpus.bytes(documents[n++]);
  documents.resize(n);
  std::sort(documents.begin(), documents.end());
  return documents;
}

}  // namespace

Vocabulary Vocabulary::bytes() { return {}; }

Vocabulary Vocabulary::from_model(std::string model, const std::string& name) {
  Vocabulary v;
  v.model_ = std::make_shared<Model>();
  auto& p = v.model_->processor;
  if (const auto status = p.LoadFromSerializedProto(model); !status.ok())
    throw Error("cannot read '" + name + "': not a SentencePiece model");
  const auto refuse = [&](const std::string& why) { throw Error("cannot use the tokenizer '" + name + "': " + why); };
  v.size_ = p.GetPieceSize();
  if (v.size_ <= kByteVocabulary) refuse("it has " + std::to_string(v.size_) + " tokens, too few for byte fallback");
  if (p.eos_id() < 0) refuse("it has no end-of-sentence token");
  if (!p.IsByte(p.PieceToId("<0x0A>")))
    refuse("it has no byte fallback, so some text could not be written and bits per byte would mean nothing");
  v.end_ = static_cast<uint32_t>(p.eos_id());
  v.hash_ = hash_hex16(model);
  return v;
}

Vocabulary Vocabulary::open(const Path& corpus_directory, int64_t size) {
  if (size == kByteVocabulary) return bytes();
  const Path path = corpus_directory / ("v" + std::to_string(size) + ".model");
  if (!std::filesystem::exists(path))
    throw Error("cannot read '" + path.string() + "': no such tokenizer; run: prepare " +
                corpus_directory.parent_path().string());
  Vocabulary v = from_model(read_file(path), path.string());
  if (v.size() != size)
    throw Error("cannot use '" + path.string() + "': it has " + std::to_string(v.size()) + " tokens");
  return v;
}

std::vector<uint32_t> Vocabulary::encode(std::string_view text) const {
  if (!model_) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    return {bytes, bytes + text.size()};
  }
  std::vector<int> ids;
  const auto status = model_->processor.Encode({text.data(), text.size()}, &ids);
  require(status.ok(), "SentencePiece encodes any text");
  return {ids.begin(), ids.end()};
}

std::string Vocabulary::decode(const std::vector<uint32_t>& tokens) const {
  std::string out;
  if (!model_) {
    for (uint32_t t : tokens)
      if (t != end_) out += static_cast<char>(t);
    return out;
  }
  std::vector<int> ids;
  for (uint32_t t : tokens)
    if (t != end_) ids.push_back(static_cast<int>(t));
  require(model_->processor.Decode(ids, &out).ok(), "SentencePiece decodes its own tokens");
  return out;
}

std::string train_vocabulary(const Corpus& corpus, int64_t size, uint64_t sample_bytes) {
  const auto documents = sample_documents(corpus, sample_bytes);
  uint64_t bytes = 0;
  for (uint64_t d : documents) bytes += corpus.bytes(d);
  LineIterator lines(corpus, documents);
  std::string model;
  sentencepiece::util::Status status;
  try {
    status = sentencepiece::SentencePieceTrainer::Train({{"model_type", "bpe"},
                                                         {"vocab_size", std::to_string(size)},
                                                         {"byte_fallback", "true"},
                                                         {"normalization_rule_name", "identity"},
                                                         {"remove_extra_whitespaces", "false"},
                                                         {"add_dummy_prefix", "false"},
                                                         {"allow_whitespace_only_pieces", "true"},
                                                         {"character_coverage", "0.9995"},
                                                         {"split_digits", "true"},
                                                         {"max_sentence_length", "1048576"},
                                                         {"unk_id", "0"},
                                                         {"eos_id", "1"},
                                                         {"bos_id", "-1"},
                                                         {"num_threads", "1"},  // the same model on every machine
                                                         {"minloglevel", "2"}},
                                                        &lines, &model);
  } catch (const std::exception& e) {
    throw Error("cannot train a tokenizer of " + std::to_string(size) + " tokens: " + e.what());
  }
  const std::string mend = " of " + format_bytes(static_cast<double>(bytes)) +
                           " of text: give more text, or a smaller vocabulary in the scale";
  if (!status.ok()) throw Error("cannot train a tokenizer of " + std::to_string(size) + " tokens" + mend);
  if (const int64_t got = Vocabulary::from_model(model, "the new model").size(); got != size)
    throw Error("cannot train a tokenizer of " + std::to_string(size) + " tokens: only " + std::to_string(got) +
                " come out" + mend);
  return model;
}

}  // namespace gradus
