/// Files appear whole or not at all: written beside their place, synced, renamed. Works on NFS and Lustre: no locks,
/// no rename over a non-empty directory.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

using Path = std::filesystem::path;

/// Whole file as bytes. Throws Error naming the file and the reason (missing, directory, permission).
std::string read_file(const Path& path);
/// std::nullopt when the file does not exist; other faults throw.
std::optional<std::string> read_file_if_exists(const Path& path);

/// Writes beside `path`, fsync, rename, fsync of the directory. Creates missing parent directories. On failure nothing
/// is left behind. Mode follows the umask.
void write_file(const Path& path, std::string_view bytes);

/// For files made by libraries (HDF5): `write` fills the temporary path it is given; then synced and renamed.
void write_file_by(const Path& path, const std::function<void(const Path& temporary)>& write);

/// Fills a temporary directory and renames it to `path`, which must not exist (returns false, and removes the
/// temporary, when somebody else was first).
bool commit_directory(const Path& path, const std::function<void(const Path& temporary)>& fill);

/// Appends one line (without '\n') by a single write() on O_APPEND. With sync, fsync follows. A fragment that a killed
/// writer left at the end is cancelled (0x18 and a line break after it), so that it cannot swallow this line.
void append_line(const Path& path, std::string_view line, bool sync = false);
/// Complete lines only: an unterminated last line and cancelled fragments are dropped.
std::vector<std::string> read_lines(const Path& path);

/// A name that only unfinished writes have (".tmp-…"): whoever lists a directory skips it.
bool is_temporary(const Path& path);

/// Removes temporaries that a killed writer left in `directory`, older than `seconds`.
void remove_stale_temporaries(const Path& directory, double seconds = 3600);

}  // namespace gradus
