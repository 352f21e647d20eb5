#include "train/text_files.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr size_t kBlock = 64 << 10;
constexpr size_t kLongestLine = 64 << 20;  // of JSONL
constexpr uint64_t kWarnings = 10;         // of one kind on the screen; the rest is counted

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// Why a file's first block is no text, or "".
std::string not_text(std::string_view block) {
  if (const size_t zero = block.find('\0'); zero != std::string_view::npos)
    return "byte " + std::to_string(zero) + " is zero";
  size_t controls = 0;
  for (unsigned char c : block) controls += (c < 32 && !(c >= 7 && c <= 13) && c != 27) || c == 127;
  return controls * 20 > block.size() ? "more than 5 % control characters" : "";
}

std::string from_latin1(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 9 / 8);
  for (unsigned char c : bytes) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

/// Where to cut a long text: after the last paragraph end in the second half of its first kDocumentBytes, else after a
/// line end, else after a space, else before a character.
size_t cut_place(std::string_view text) {
  const std::string_view head = text.substr(0, kDocumentBytes);
  for (std::string_view end : {"\n\n", "\n", " "})
    if (const size_t at = head.rfind(end); at != std::string_view::npos && at + end.size() > kDocumentBytes / 2)
      return at + end.size();
  size_t at = kDocumentBytes;
  while (at > kDocumentBytes - 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

/// A file's text by blocks, unpacked if gzipped.
class BlockReader {
 public:
  explicit BlockReader(const Path& path) : file_(gzopen(path.c_str(), "rb"), gzclose) {
    if (!file_) throw_errno("cannot read", path.native());
    gzbuffer(file_.get(), 1 << 17);
  }
  /// False at the end; std::nullopt when what follows cannot be read (a truncated .gz).
  std::optional<bool> next(std::string& block) {
    block.resize(kBlock);
    const int n = gzread(file_.get(), block.data(), static_cast<unsigned>(kBlock));
    block.resize(n > 0 ? static_cast<size_t>(n) : 0);
    if (n > 0) return true;
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END)) return std::nullopt;
    return false;
  }
  bool compressed() const { return !gzdirect(file_.get()); }

 private:
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

/// Turns one file's blocks into documents.
class DocumentMaker {
 public:
  DocumentMaker(const TextFile& file, const TextOptions& options, TextCounts& counts,
                const std::function<void(std::string&&)>& take)
      : file_(file), options_(options), counts_(counts), take_(take) {
    const std::string_view name = file.name;
    for (std::string_view end : {".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"}) jsonl_ |= ends_with(name, end);
  }

  void add(std::string_view block) {
    append_text(options_.latin1 ? std::string_view(converted_ = from_latin1(block)) : block);
    if (jsonl_) return add_lines();
    size_t from = 0;
    while (text_.size() - from > kDocumentBytes) {
      const size_t n = cut_place(std::string_view(text_).substr(from));
      give(text_.substr(from, n));
      from += n;
    }
    text_.erase(0, from);
  }

  void finish() {
    if (held_return_) text_ += '\r';
    if (jsonl_ && !text_.empty()) give_line(text_);
    if (!jsonl_ && !text_.empty()) give(std::move(text_));
  }

  void skip(const std::string& why) {
    if (options_.strict) throw Error("cannot take '" + file_.path.string() + "': " + why);
    if (++counts_.invalid_documents <= kWarnings) log_warning("'" + file_.path.string() + "': skipped: " + why);
    if (counts_.invalid_documents == kWarnings) log_warning("more such warnings are only counted");
  }

 private:
  /// "\r\n" becomes "\n", across blocks too; a byte-order mark at the start is dropped.
  void append_text(std::string_view block) {
    if (first_) {
      first_ = false;
      if (block.substr(0, 3) == "\xEF\xBB\xBF") block.remove_prefix(3);
    }
    for (char c : block) {
      if (held_return_ && c != '\n') text_ += '\r';
      held_return_ = c == '\r';
      if (!held_return_) text_ += c;
    }
  }

  void add_lines() {
    size_t from = 0, end;
    while ((end = text_.find('\n', from)) != std::string::npos) {
      give_line(std::string_view(text_).substr(from, end - from));
      from = end + 1;
    }
    text_.erase(0, from);
    if (text_.size() > kLongestLine) throw Error("cannot take '" + file_.path.string() + "': a line beyond 64 MiB");
  }

  void give_line(std::string_view line) {
    ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const auto value = nlohmann::json::parse(line, nullptr, false);
    const std::string where = "line " + std::to_string(line_) + ": ";
    if (value.is_discarded()) return skip(where + "no JSON, or not UTF-8");
    if (!value.is_object() || !value.contains("text") || !value["text"].is_string())
      return skip(where + "no object with a text field 'text'");
    give(value["text"].get<std::string>());
  }

  void give(std::string&& text) {
    if (text.find_first_not_of(" \t\r\n\f\v") == std::string::npos) return;
    if (text.find('\0') != std::string::npos) return skip("a document with a zero byte");
    if (!is_utf8(text)) return skip("a document that is not UTF-8 (see --encoding)");
    take_(std::move(text));
  }

  const TextFile& file_;
  const TextOptions& options_;
  TextCounts& counts_;
  const std::function<void(std::string&&)>& take_;
  std::string text_, converted_;
  bool jsonl_ = false, first_ = true, held_return_ = false;
  uint64_t line_ = 0;
};

void list_folder(const Path& folder, std::vector<TextFile>& out) {
  namespace fs = std::filesystem;
  const size_t begin = out.size();
  std::error_code e;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, e), end;
  if (e) throw Error("cannot read '" + folder.string() + "': " + e.message());
  for (; it != end; it.increment(e)) {
    if (e) throw Error("cannot read '" + folder.string() + "': " + e.message());
    const bool hidden = it->path().filename().string().front() == '.';
    std::error_code ignored;
    if (hidden && it->is_directory(ignored)) it.disable_recursion_pending();
    if (hidden || !it->is_regular_file(ignored)) continue;
    const uint64_t bytes = it->file_size(ignored);
    if (!ignored) out.push_back({it->path(), it->path().lexically_relative(folder).string(), bytes, false});
  }
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
            [](const TextFile& a, const TextFile& b) { return a.name < b.name; });
}

/// An even sample: a file stays when the hash of its name falls below limit / total.
void keep_within(uint64_t limit, std::vector<TextFile>& files) {
  double total = 0;
  for (const auto& f : files) total += static_cast<double>(f.bytes);
  if (limit == 0 || total <= static_cast<double>(limit)) return;
  const double share = static_cast<double>(limit) / total;
  std::erase_if(files, [&](const TextFile& f) {
    return static_cast<double>(checksum64(f.name)) >= share * 18446744073709551616.0;
  });
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = s + text.size();
  const auto follows = [&](int i) { return s + i < end && (s[i] & 0xC0) == 0x80; };
  while (s < end) {
    if (*s < 0x80) {
      ++s;
    } else if (*s >= 0xC2 && *s <= 0xDF && follows(1)) {
      s += 2;
    } else if ((*s & 0xF0) == 0xE0 && follows(1) && follows(2) && !(*s == 0xE0 && s[1] < 0xA0) &&
               !(*s == 0xED && s[1] > 0x9F)) {
      s += 3;
    } else if (*s >= 0xF0 && *s <= 0xF4 && follows(1) && follows(2) && follows(3) && !(*s == 0xF0 && s[1] < 0x90) &&
               !(*s == 0xF4 && s[1] > 0x8F)) {
      s += 4;
    } else {
      return false;
    }
  }
  return true;
}

std::vector<TextFile> list_text_files(const TextOptions& options) {
  namespace fs = std::filesystem;
  std::vector<TextFile> files;
  for (const auto& path : options.paths) {
    std::error_code e;
    const auto status = fs::status(path, e);
    if (fs::is_directory(status)) {
      list_folder(path, files);
    } else if (fs::exists(status)) {
      files.push_back(
          {path, Path(path).filename().string(), fs::is_regular_file(status) ? fs::file_size(path) : 0, true});
    } else {
      throw Error("cannot read '" + path + "': " + (e ? e.message() : "No such file or directory"));
    }
  }
  keep_within(options.limit_bytes, files);
  return files;
}

void read_documents(const TextFile& file, const TextOptions& options, TextCounts& counts,
                    const std::function<void(std::string&&)>& take) {
  if (::access(file.path.c_str(), R_OK) != 0) {
    if (file.named || options.strict) throw_errno("cannot read", file.path.native());
    if (++counts.unreadable_files <= kWarnings) log_warning("'" + file.path.string() + "': skipped: not readable");
    return;
  }
  DocumentMaker maker(file, options, counts, take);
  BlockReader reader(file.path);
  std::string block;
  for (bool first = true;; first = false) {
    const auto more = reader.next(block);
    if (!more) {
      maker.skip("what follows cannot be unpacked: the file is damaged or cut off");
      break;
    }
    if (!*more) break;
    if (first && reader.compressed()) ++counts.compressed_files;
    if (const std::string why = first ? not_text(block) : ""; !why.empty()) {
      if (file.named || options.strict) throw Error("cannot take '" + file.path.string() + "': not text: " + why);
      ++counts.binary_files;
      return;
    }
    maker.add(block);
  }
  ++counts.files;
  maker.finish();
}

}  // namespace gradus
