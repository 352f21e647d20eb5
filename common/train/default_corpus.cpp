#include "train/default_corpus.h"

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "train/tokens.h"

namespace gradus {
namespace {

/// Of the standard text, as in the demonstration: several runs at nano without a repeated token.
constexpr uint64_t kLimitBytes = 8'000'000;

/// Headers and documentation that are on every machine that built Gradus (slurm/demo_run.sh takes the same).
std::vector<std::string> standard_text() {
  const char* libtorch = std::getenv("LIBTORCH");
  const Path headers =
      (libtorch && *libtorch ? Path(libtorch) : cache_directory() / "libtorch-2.15.0" / "torch") / "include";
  std::vector<std::string> folders;
  for (const Path& folder : {Path("/usr/share/doc"), Path("/usr/include"), headers})
    if (std::filesystem::is_directory(folder)) folders.push_back(folder.string());
  return folders;
}

TextOptions text_options(const std::vector<std::string>& paths) {
  TextOptions options;
  options.paths = paths;
  options.limit_bytes = kLimitBytes;
  return options;
}

Path place_of(const std::vector<std::string>& paths) {
  return cache_directory() / ("corpus-" + hash_hex16(describe_request(text_options(paths), SplitShares{})));
}

Path made_from_text(const std::vector<std::string>& paths) {
  const TextOptions options = text_options(paths);
  const SplitShares shares;
  const Path directory = place_of(paths);
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

std::optional<Path> known_default_corpus(int64_t vocabulary) {
  const Path directory = place_of(standard_text());
  const bool known = std::filesystem::exists(directory / ("v" + std::to_string(vocabulary) + ".h5"));
  return known ? std::optional(directory) : std::nullopt;
}

Path default_corpus(const std::string& given, int64_t vocabulary) {
  const Path path(given);
  Path directory;
  if (given.empty()) {
    const auto folders = standard_text();
    if (folders.empty()) throw Error("neither /usr/share/doc nor /usr/include is here: give --corpus FOLDER");
    directory = made_from_text(folders);
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
