/// Documents from folders of files: any text, JSONL (field "text"), either of them gzipped. Streaming; the same input
/// gives the same documents in the same order on every machine. What is no text is skipped and counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace gradus {

/// A text file longer than this becomes several documents, cut at paragraph ends (else line ends, else spaces): small
/// enough that a book of 1 MB gives 60 independent units for the splits and the standard errors, large enough that
/// a cut costs no context worth speaking of.
constexpr size_t kDocumentBytes = 16 << 10;

struct TextOptions {
  std::vector<std::string> paths;  // files and folders
  bool latin1 = false;             // else UTF-8
  bool strict = false;             // anything that would be skipped is an Error
  uint64_t limit_bytes = 0;        // of text at most, files drawn evenly by a hash of their name; 0: all
};

struct TextCounts {
  uint64_t files = 0, binary_files = 0, unreadable_files = 0, compressed_files = 0;
  uint64_t documents = 0, invalid_documents = 0, duplicates = 0, bytes = 0;
};

struct TextFile {
  Path path;
  std::string name;    // within the folder given, or the file's own name
  uint64_t bytes = 0;  // on disk
  bool named = false;  // given itself, not found in a folder: then binary is an Error, not a skip
};

/// All regular files below the paths, in the order given, within a folder by name. Hidden ones and links to folders are
/// left out. A path that does not exist is an Error.
std::vector<TextFile> list_text_files(const TextOptions& options);

/// Calls `take` for each document of the file: valid UTF-8, no zero byte, "\n" line ends, not blank.
void read_documents(const TextFile& file, const TextOptions& options, TextCounts& counts,
                    const std::function<void(std::string&&)>& take);

/// Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace gradus
