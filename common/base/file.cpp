#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/error.h"

namespace gradus {
namespace {

// A name of ours starts with '.' and holds this mark; readers that list a directory skip what starts with '.'.
constexpr std::string_view kMark = ".tmp-";
// Ends a fragment that a killed or disk-full writer left unterminated: read_lines drops lines that end in it.
constexpr char kCancel = '\x18';

struct Descriptor {
  int fd;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

// Beside `path`, unique among hosts, processes and threads; short enough wherever `path` itself fits.
Path temporary_beside(const Path& path) {
  static std::atomic<unsigned> counter{0};
  char host[65] = "host";
  ::gethostname(host, sizeof host - 1);
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  std::string name = std::string(kMark) + path.filename().native().substr(0, 80) + "-" +
                     std::string(host).substr(0, 64) + "-" + std::to_string(::getpid()) + "-" +
                     std::to_string(counter++) + "-" + std::to_string(now % 1000000);
  return path.parent_path() / name;
}

// Removes what it guards unless released: a failed write leaves nothing.
struct Temporary {
  Path path;
  bool released = false;
  ~Temporary() {
    std::error_code ignored;
    if (!released) std::filesystem::remove_all(path, ignored);
  }
};

void make_parents(const Path& path) {
  if (path.filename().empty() || path.filename() == "." || path.filename() == "..") {
    throw Error("cannot write '" + path.native() + "': not a file name");
  }
  if (!path.has_parent_path()) return;
  std::error_code code;
  std::filesystem::create_directories(path.parent_path(), code);
  if (code && !std::filesystem::is_directory(path.parent_path())) {
    throw Error("cannot create directory '" + path.parent_path().native() + "': " + code.message());
  }
}

void sync(int fd, const Path& path) {
  int r;
  do r = ::fsync(fd);
  while (r < 0 && errno == EINTR);
  // Some file systems cannot sync a directory; the rename is still atomic there.
  if (r < 0 && errno != EINVAL && errno != ENOTSUP) throw_errno("cannot write", path.native());
}

void sync_path(const Path& path) {
  Descriptor d(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC));
  if (d.fd < 0) throw_errno("cannot sync", path.native());
  sync(d.fd, path);
}

void write_all(int fd, std::string_view bytes, const Path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot write", path.native());
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void rename_into_place(const Path& temporary, const Path& path) {
  if (std::filesystem::is_directory(path)) throw Error("cannot write '" + path.native() + "': Is a directory");
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("cannot write", path.native());
}

std::string read_all(int fd, const Path& path) {
  struct stat info;
  if (::fstat(fd, &info) != 0) throw_errno("cannot read", path.native());
  if (S_ISDIR(info.st_mode)) throw Error("cannot read '" + path.native() + "': Is a directory");
  std::string bytes;
  size_t size = 0;
  bytes.resize(static_cast<size_t>(info.st_size) + 1);  // one more, to meet the end without another round
  for (;;) {
    const ssize_t n = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot read", path.native());
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(size);
  return bytes;
}

// Renames where nothing may be: true if done, false if something was there. renameat2 is not offered by every network
// file system; there, rename() itself refuses a directory that is not empty.
bool rename_new(const Path& from, const Path& to) {
  if (::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 1u /* RENAME_NOREPLACE */) == 0)
    return true;
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) {
    if (!std::filesystem::exists(std::filesystem::symlink_status(to)) && ::rename(from.c_str(), to.c_str()) == 0) {
      return true;
    }
    if (std::filesystem::exists(std::filesystem::symlink_status(to))) errno = EEXIST;
  }
  if (errno != EEXIST && errno != ENOTEMPTY) throw_errno("cannot write", to.native());
  if (!std::filesystem::is_directory(to)) throw Error("cannot write '" + to.native() + "': Not a directory");
  return false;
}

double age_seconds(const Path& path) {  // of the newest thing in it
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return -1;
  double newest = static_cast<double>(info.st_mtime);
  if (S_ISDIR(info.st_mode)) {
    std::error_code code;
    for (auto it = std::filesystem::recursive_directory_iterator(path, code); !code && it != end(it);
         it.increment(code)) {
      if (::lstat(it->path().c_str(), &info) == 0) newest = std::max(newest, static_cast<double>(info.st_mtime));
    }
  }
  return static_cast<double>(::time(nullptr)) - newest;
}

}  // namespace

std::string read_file(const Path& path) {
  Descriptor d(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (d.fd < 0) throw_errno("cannot read", path.native());
  return read_all(d.fd, path);
}

std::optional<std::string> read_file_if_exists(const Path& path) {
  Descriptor d(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (d.fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (d.fd < 0) throw_errno("cannot read", path.native());
  return read_all(d.fd, path);
}

void write_file(const Path& path, std::string_view bytes) {
  make_parents(path);
  Temporary temporary{temporary_beside(path)};
  Descriptor d(::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (d.fd < 0) throw_errno("cannot write", path.native());
  write_all(d.fd, bytes, path);
  sync(d.fd, path);
  if (::close(d.release()) != 0) throw_errno("cannot write", path.native());  // NFS reports a full disk here
  rename_into_place(temporary.path, path);
  temporary.released = true;
  sync_path(path.parent_path());
}

void write_file_by(const Path& path, const std::function<void(const Path&)>& write) {
  make_parents(path);
  Temporary temporary{temporary_beside(path)};
  write(temporary.path);
  if (!std::filesystem::exists(temporary.path))
    throw Error("cannot write '" + path.native() + "': nothing was written");
  sync_path(temporary.path);
  rename_into_place(temporary.path, path);
  temporary.released = true;
  sync_path(path.parent_path());
}

bool commit_directory(const Path& path, const std::function<void(const Path&)>& fill) {
  make_parents(path);
  Temporary temporary{temporary_beside(path)};
  if (::mkdir(temporary.path.c_str(), 0777) != 0) throw_errno("cannot create directory", path.native());
  fill(temporary.path);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(temporary.path)) {
    if (entry.is_regular_file() || entry.is_directory()) sync_path(entry.path());
  }
  sync_path(temporary.path);
  if (!rename_new(temporary.path, path)) return false;
  temporary.released = true;
  sync_path(path.parent_path());
  return true;
}

void append_line(const Path& path, std::string_view line, bool sync_it) {
  require(line.find('\n') == line.npos, "a line of an append-only file holds a line break");
  make_parents(path);
  Descriptor d(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (d.fd < 0) throw_errno("cannot write", path.native());
  std::string bytes;
  struct stat info;
  char last = '\n';
  if (::fstat(d.fd, &info) == 0 && info.st_size > 0 && ::pread(d.fd, &last, 1, info.st_size - 1) == 1 && last != '\n') {
    bytes = {kCancel, '\n'};
  }
  bytes += line;
  bytes += '\n';
  write_all(d.fd, bytes, path);
  if (sync_it) sync(d.fd, path);
  if (::close(d.release()) != 0) throw_errno("cannot write", path.native());
}

std::vector<std::string> read_lines(const Path& path) {
  const std::string bytes = read_file(path);
  std::vector<std::string> lines;
  for (size_t start = 0, end; (end = bytes.find('\n', start)) != bytes.npos; start = end + 1) {
    if (end > start && bytes[end - 1] == kCancel) continue;
    lines.push_back(bytes.substr(start, end - start));
  }
  return lines;
}

bool is_temporary(const Path& path) { return path.filename().native().starts_with(kMark); }

void remove_stale_temporaries(const Path& directory, double seconds) {
  std::error_code code;
  std::vector<Path> stale;
  for (auto it = std::filesystem::directory_iterator(directory, code); !code && it != end(it); it.increment(code)) {
    if (is_temporary(it->path()) && age_seconds(it->path()) >= seconds) stale.push_back(it->path());
  }
  for (const Path& path : stale) std::filesystem::remove_all(path, code);
}

}  // namespace gradus
