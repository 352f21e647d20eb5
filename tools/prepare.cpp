// prepare - turn folders of text into the corpus of an experiment: documents, splits, tokenizers, tokens.
#include <set>

#include "base/hash.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/tool.h"
#include "design/experiment.h"
#include "train/tokens.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: prepare [options] EXP --text FOLDER…

Makes EXP/corpus: documents split by their hash into train, validation and confirmation, a tokenizer for each vocabulary of
the experiment's scales, and the tokens. What is there already is kept; other text needs --force.

Reads   text of any kind, JSONL with a field "text", .gz of these (sorted order; what is no text is skipped and counted)
Writes  EXP/corpus/text.h5, vN.model, vN.h5
Prints  EXP  ok  .  file  documents  bytes  tokens
Exits   0 done; 2 not done

Examples
  $ bin/prepare exp --text text
  $ echo '{"text": "a line is a document"}' > more.jsonl; bin/prepare exp --text text more.jsonl --strict --force
)";

TextOptions text_options(const Args& args, const CorpusSettings& settings) {
  TextOptions options;
  options.paths = args.all("text");
  options.paths.insert(options.paths.end(), args.paths.begin() + 1, args.paths.end());
  if (options.paths.empty()) options.paths = settings.text;
  const std::string encoding = args.get_or("encoding", settings.encoding);
  if (encoding != "utf-8" && encoding != "latin1")
    throw UsageError("unknown encoding '" + encoding + "': utf-8 or latin1");
  options.latin1 = encoding == "latin1";
  options.strict = args.has("strict") || settings.strict;
  options.limit_bytes = static_cast<uint64_t>(args.get_double("limit-mb").value_or(0) * 1e6);
  return options;
}

void print_corpus_file(const std::string& experiment, const std::string& file, uint64_t documents, uint64_t bytes,
                       const std::string& tokens) {
  print_record({experiment, Verdict::kOk, ".", {file, std::to_string(documents), std::to_string(bytes), tokens}});
}

Corpus make_text(const Args& args, const Experiment& experiment) {
  const auto& settings = experiment.settings().corpus;
  const TextOptions options = text_options(args, settings);
  const SplitShares shares{settings.validation_share, settings.confirmation_share};
  const Path directory = experiment.corpus();
  if (std::filesystem::exists(directory / "text.h5") && !args.force) {
    Corpus corpus = Corpus::open(directory);
    if (!options.paths.empty() && corpus.made_from() != describe_request(options, shares))
      throw Error("'" + (directory / "text.h5").string() + "' was made from other text or options (" +
                  corpus.made_from() + "): --force makes it again, and then runs trained on it count no more");
    return corpus;
  }
  if (options.paths.empty()) throw UsageError("no text: give --text FOLDER, or corpus.text in the configuration");
  std::filesystem::create_directories(directory);
  const TextCounts n = Corpus::build(directory, options, shares);
  log_info(std::to_string(n.documents) + " documents, " + format_bytes(static_cast<double>(n.bytes)) + ", from " +
           std::to_string(n.files) + " files; skipped: " + std::to_string(n.binary_files) +
           " files that are not text, " + std::to_string(n.unreadable_files) + " not readable, " +
           std::to_string(n.invalid_documents) + " invalid documents, " + std::to_string(n.duplicates) + " duplicates");
  return Corpus::open(directory);
}

/// The given tokenizers by their size.
std::map<int64_t, std::string> given_models(const Args& args) {
  std::map<int64_t, std::string> models;
  for (const auto& file : args.all("tokenizer")) {
    std::string bytes = read_file(file);
    const int64_t size = Vocabulary::from_model(bytes, file).size();
    models[size] = std::move(bytes);
  }
  return models;
}

Vocabulary make_vocabulary(const Path& directory, const Corpus& corpus, int64_t size, const std::string* given,
                           bool force) {
  if (size == kByteVocabulary) return Vocabulary::bytes();
  const Path file = directory / ("v" + std::to_string(size) + ".model");
  if (given) {
    if (const auto there = read_file_if_exists(file); there && *there != *given && !force)
      throw Error("'" + file.string() + "' is another tokenizer: --force replaces it");
    write_file(file, *given);
  } else if (!std::filesystem::exists(file) || force) {
    log_info("training a tokenizer of " + std::to_string(size) + " tokens");
    write_file(file, train_vocabulary(corpus, size));
  }
  return Vocabulary::open(directory, size);
}

int prepare(const Args& args) {
  // 1. Text and splits.
  const Experiment experiment(args.paths.at(0));
  const Path directory = experiment.corpus();
  const Corpus corpus = make_text(args, experiment);
  if (args.header || is_terminal(1)) print_header({"file", "documents", "bytes", "tokens"});
  uint64_t bytes = 0;
  for (Split s : kSplits) bytes += corpus.bytes_in(s);
  print_corpus_file(args.paths[0], "corpus/text.h5", corpus.size(), bytes, ".");

  // 2. A tokenizer for each size of the scales.
  std::set<int64_t> sizes;
  for (const auto& [name, scale] : experiment.settings().scales) sizes.insert(scale.vocabulary);
  const auto given = given_models(args);
  for (const auto& [size, model] : given)
    if (!sizes.count(size)) throw UsageError("no scale of the experiment has a vocabulary of " + std::to_string(size));

  // 3. Tokens.
  for (int64_t size : sizes) {
    const auto it = given.find(size);
    const Vocabulary vocabulary =
        make_vocabulary(directory, corpus, size, it == given.end() ? nullptr : &it->second, args.force);
    if (args.force || !tokens_are_of(directory, corpus, vocabulary)) write_tokens(directory, corpus, vocabulary);
    uint64_t tokens = 0;
    for (Split s : kSplits) tokens += TokenShard::open(directory, size, s).size();
    print_corpus_file(args.paths[0], "corpus/v" + std::to_string(size) + ".h5", corpus.size(), bytes,
                      std::to_string(tokens));
  }
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"text", "FOLDER", "a folder or file of text; may be repeated, more may follow EXP", true},
                           {"encoding", "NAME", "utf-8 or latin1"},
                           {"strict", "", "what would be skipped is an error"},
                           {"tokenizer", "FILE", "a SentencePiece model to use for its size; may be repeated", true},
                           {"limit-mb", "N", "about N MB of the files at most, drawn evenly by name"}},
                          gradus::prepare);
}
