/// The text of a trial: an experiment's corpus, or one made from a folder and kept in the user's cache.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file.h"

namespace gradus {

/// `given`: an experiment, a corpus folder (text.h5), or text; empty: text that is on every machine with a compiler
/// (/usr/share/doc, /usr/include). Tokens for the vocabulary are made where they are missing.
Path default_corpus(const std::string& given, int64_t vocabulary);
/// The default one, if an earlier trial made it with tokens of this vocabulary.
std::optional<Path> known_default_corpus(int64_t vocabulary);
/// ${XDG_CACHE_HOME:-~/.cache}/gradus.
Path cache_directory();

}  // namespace gradus
