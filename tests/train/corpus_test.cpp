#include "train/corpus.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "train/tokens.h"

namespace gradus {
namespace {

class CorpusTest : public testing::Test {
 protected:
  CorpusTest() : root_(Path(testing::TempDir()) / ("corpus_test_" + std::to_string(getpid()))) {
    disable_progress();
    set_log_level(LogLevel::kError);
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ / "in");
  }
  ~CorpusTest() override { std::filesystem::remove_all(root_); }

  void put(const std::string& name, std::string_view text) { write_file(root_ / "in" / name, text); }
  void put_gz(const std::string& name, const std::string& text) {
    gzFile f = gzopen((root_ / "in" / name).c_str(), "wb");
    gzwrite(f, text.data(), static_cast<unsigned>(text.size()));
    gzclose(f);
  }
  TextOptions options() const { return {.paths = {(root_ / "in").string()}}; }
  TextCounts build(const TextOptions& o) { return Corpus::build(root_ / "corpus", o, {0.2, 0.2}); }
  TextCounts build() { return build(options()); }
  std::vector<std::string> texts() {
    const Corpus c = Corpus::open(root_ / "corpus");
    std::vector<std::string> out;
    for (uint64_t i = 0; i < c.size(); ++i) out.push_back(c.text(i));
    return out;
  }
  std::string error_of(const std::function<void()>& f) {
    try {
      f();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  /// Words of a small language: enough for a tokenizer.
  static std::string prose(int seed, size_t bytes) {
    static const std::vector<std::string> words{"the",  "cat", "ran", "over",  "a",
                                                "hill", "and", "saw", "river", "stone"};
    std::string out;
    for (uint64_t x = static_cast<uint64_t>(seed) + 1; out.size() < bytes;) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      out += words[(x >> 33) % words.size()];
      out += (x >> 40) % 9 == 0 ? ".\n\n" : " ";
    }
    return out;
  }

  Path root_;
};

TEST_F(CorpusTest, TakesTextJsonlAndGzipInSortedOrder) {
  put("b.txt", "bee\r\nline\r\n");
  put("a.md", "\xEF\xBB\xBFmark");
  put_gz("c.txt.gz", "packed");
  put("d.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"two\",\"n\":1}\n{\"text\":\"three\"}");
  put("sub/e.py", "x = 1\n");
  put(".hidden", "no");
  const auto counts = build();
  EXPECT_EQ(texts(), (std::vector<std::string>{"mark", "bee\nline\n", "packed", "one", "two", "three", "x = 1\n"}));
  EXPECT_EQ(counts.documents, 7u);
  EXPECT_EQ(counts.compressed_files, 1u);
}

TEST_F(CorpusTest, SkipsWhatIsNoTextAndCounts) {
  put("a.txt", "good");
  put("b.txt", "bad \xFF\xFE byte");
  put("c.bin", std::string("ab\0cd", 5));
  put("d.txt", "good");     // a duplicate
  put("e.txt", " \n\t\n");  // blank
  put("f.jsonl", "{\"text\":\"fine\"}\n{\"no\":1}\n{broken\n{\"text\":\"a\\u0000b\"}\n");
  put("g.txt", "overlong \xC0\xAF");
  put("h.txt", "surrogate \xED\xA0\x80");
  put("i.txt", "third");
  const auto counts = build();
  EXPECT_EQ(texts(), (std::vector<std::string>{"good", "fine", "third"}));
  EXPECT_EQ(counts.binary_files, 1u);
  EXPECT_EQ(counts.duplicates, 1u);
  EXPECT_EQ(counts.invalid_documents, 6u);
  TextOptions strict = options();
  strict.strict = true;
  EXPECT_NE(error_of([&] { build(strict); }).find("not UTF-8"), std::string::npos);
}

TEST_F(CorpusTest, Latin1IsConverted) {
  put("a.txt", "caf\xE9");
  put("b.txt", "plain");
  put("c.txt",
      "\xFC"
      "ber");
  TextOptions o = options();
  o.latin1 = true;
  build(o);
  EXPECT_EQ(texts(), (std::vector<std::string>{"café", "plain", "über"}));
}

TEST_F(CorpusTest, ErrorsSayWhatIsWrong) {
  EXPECT_NE(error_of([&] { build(); }).find("the corpus is empty"), std::string::npos);
  put("c.bin", std::string("ab\0cd", 5));
  EXPECT_NE(error_of([&] { build(); }).find("1 not text"), std::string::npos);
  EXPECT_NE(error_of([&] { build({.paths = {(root_ / "in/c.bin").string()}}); }).find("not text: byte 2 is zero"),
            std::string::npos);
  EXPECT_NE(error_of([&] { build({.paths = {"/no/such/folder"}}); }).find("No such file"), std::string::npos);
  put("a.txt", "only one");
  EXPECT_NE(error_of([&] { build(); }).find("give more text"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(root_ / "corpus/text.h5"));
  EXPECT_NE(error_of([&] { Corpus::open(root_ / "corpus"); }).find("prepare"), std::string::npos);
}

TEST_F(CorpusTest, ADamagedGzipKeepsWhatCameBefore) {
  put_gz("a.txt.gz", prose(1, 200'000));
  std::string bytes = read_file(root_ / "in/a.txt.gz");
  put("a.txt.gz", std::string_view(bytes).substr(0, bytes.size() / 2));
  const auto counts = build();
  EXPECT_GE(counts.documents, 3u);
  EXPECT_EQ(counts.invalid_documents, 1u);
}

TEST_F(CorpusTest, LongTextsAreCutAtParagraphsAndLoseNothing) {
  const std::string book = prose(1, 100'000) + std::string(40'000, 'x') + "é" + std::string(20'000, 'y');
  put("a.txt", book);
  build();
  std::string whole;
  for (const auto& t : texts()) {
    EXPECT_LE(t.size(), kDocumentBytes);
    EXPECT_TRUE(is_utf8(t));
    whole += t;
  }
  EXPECT_EQ(whole, book);
  EXPECT_EQ(texts()[0].substr(texts()[0].size() - 2), "\n\n");
}

TEST_F(CorpusTest, SplitsFollowTheDocumentsBytesAlone) {
  for (int i = 0; i < 60; ++i) put("d" + std::to_string(i) + ".txt", prose(i, 300));
  build();
  const Corpus before = Corpus::open(root_ / "corpus");
  EXPECT_GT(before.documents_in(Split::kValidation), 3u);
  EXPECT_GT(before.documents_in(Split::kConfirmation), 3u);
  std::map<std::string, Split> split;
  for (uint64_t i = 0; i < before.size(); ++i) split[before.text(i)] = before.split(i);
  const std::string hash = before.hash();
  build();
  EXPECT_EQ(Corpus::open(root_ / "corpus").hash(), hash);
  put("0.txt", "an early addition");
  build();
  const Corpus after = Corpus::open(root_ / "corpus");
  EXPECT_NE(after.hash(), hash);
  for (uint64_t i = 1; i < after.size(); ++i) EXPECT_EQ(after.split(i), split[after.text(i)]);
}

TEST_F(CorpusTest, ALimitTakesAnEvenSampleOfFiles) {
  for (int i = 0; i < 200; ++i) put("d" + std::to_string(i) + ".txt", prose(i, 1000));
  TextOptions o = options();
  o.limit_bytes = 50'000;
  const auto counts = build(o);
  EXPECT_GT(counts.bytes, 25'000u);
  EXPECT_LT(counts.bytes, 90'000u);
}

TEST_F(CorpusTest, BytesAreAVocabulary) {
  for (int i = 0; i < 20; ++i) put("d" + std::to_string(i) + ".txt", prose(i, 300) + "é");
  build();
  const Corpus corpus = Corpus::open(root_ / "corpus");
  write_tokens(root_ / "corpus", corpus, Vocabulary::bytes());
  uint64_t documents = 0;
  for (Split s : kSplits) {
    const TokenShard shard = TokenShard::open(root_ / "corpus", 256, s);
    documents += shard.n_documents();
    for (uint64_t d = 0; d < shard.n_documents(); ++d) {
      std::vector<int64_t> tokens(shard.end(d) - shard.begin(d));
      shard.read(shard.begin(d), tokens.size(), tokens.data());
      EXPECT_EQ(tokens.back(), shard.end_of_document());
      EXPECT_EQ(tokens.size(), shard.bytes(d) + 1);
      EXPECT_EQ(Vocabulary::bytes().decode({tokens.begin(), tokens.end()}), corpus.text(shard.number(d)));
    }
  }
  EXPECT_EQ(documents, corpus.size());
}

TEST_F(CorpusTest, ATrainedVocabularyIsExactAndReproducible) {
  for (int i = 0; i < 60; ++i) put("d" + std::to_string(i) + ".txt", prose(i, 2000) + "\n\tπ ≈ 3  \n");
  build();
  const Corpus corpus = Corpus::open(root_ / "corpus");
  const std::string model = train_vocabulary(corpus, 320);
  EXPECT_EQ(model, train_vocabulary(corpus, 320));
  const auto v = Vocabulary::from_model(model, "model");
  EXPECT_EQ(v.size(), 320);
  for (uint64_t d = 0; d < corpus.size(); ++d) EXPECT_EQ(v.decode(v.encode(corpus.text(d))), corpus.text(d));
  const std::string odd = "  日本\r\n\t\x01  end ";
  EXPECT_EQ(v.decode(v.encode(odd)), odd);
  const std::string error = error_of([&] { train_vocabulary(corpus, 30'000); });
  EXPECT_NE(error.find("give more text, or a smaller vocabulary"), std::string::npos) << error;
  EXPECT_NE(error_of([&] { train_vocabulary(corpus, 257); }).find("cannot train"), std::string::npos);
  EXPECT_NE(error_of([&] { Vocabulary::from_model("nonsense", "x.model"); }).find("not a SentencePiece"),
            std::string::npos);
}

}  // namespace
}  // namespace gradus
