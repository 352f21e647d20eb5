#include "ladder/trial_corpus.h"

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "train/tokens.h"

namespace gradus {
namespace {

/// Of the standard text: enough for tens of runs at nano without a repeated token.
constexpr uint64_t kLimitBytes = 24'000'000;

Path made_from_text(const std::vector<std::string>& paths) {
  TextOptions options;
  options.paths = paths;
  options.limit_bytes = kLimitBytes;
  const SplitShares shares;
  const Path directory = cache_directory() / ("corpus-" + hash_hex16(describe_request(options, shares)));
  if (std::filesystem::exists(directory / "text.h5")) return directory;
  log_info("making a corpus in '" + directory.string() + "' (once)");
  std::filesystem::create_directories(directory);
  const TextCounts n = Corpus::build(directory, options, shares);
  log_info(std::to_string(n.documents) + " documents, " + format_bytes(double(n.bytes)));
  return directory;
}

}  // namespace

Path cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return Path(cache) / "gradus";
  if (const char* home = std::getenv("HOME"); home && *home) return Path(home) / ".cache" / "gradus";
  return std::filesystem::temp_directory_path() / "gradus-cache";
}

Path trial_corpus(const std::string& given, int64_t vocabulary) {
  const Path path(given);
  Path directory;
  if (given.empty()) {
    std::vector<std::string> standard;
    for (const char* folder : {"/usr/share/doc", "/usr/include"})
      if (std::filesystem::is_directory(folder)) standard.push_back(folder);
    if (standard.empty()) throw Error("neither /usr/share/doc nor /usr/include is here: give --corpus FOLDER");
    directory = made_from_text(standard);
  } else if (std::filesystem::exists(path / "corpus" / "text.h5")) {
    directory = path / "corpus";
  } else if (std::filesystem::exists(path / "text.h5")) {
    directory = path;
  } else if (std::filesystem::exists(path)) {
    directory = made_from_text({given});
  } else {
    throw Error("cannot read '" + given + "': No such file or directory");
  }
  const Corpus corpus = Corpus::open(directory);
  const Path model = directory / ("v" + std::to_string(vocabulary) + ".model");
  if (vocabulary != kByteVocabulary && !std::filesystem::exists(model)) {
    log_info("training a tokenizer of " + std::to_string(vocabulary) + " tokens (once)");
    write_file(model, train_vocabulary(corpus, vocabulary));
  }
  const Vocabulary tokenizer = Vocabulary::open(directory, vocabulary);
  if (!tokens_are_of(directory, corpus, tokenizer)) write_tokens(directory, corpus, tokenizer);
  return std::filesystem::absolute(directory);
}

}  // namespace gradus
