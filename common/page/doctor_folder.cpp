#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <cmath>

#include "base/log.h"
#include "page/doctor.h"

namespace gradus {
namespace fs = std::filesystem;
namespace {

using Level = Finding::Level;

Finding examine_writes(const Path& probe) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) write_file(probe, std::to_string(i));
  const double each = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 10;
  if (read_file(probe) != "9")
    return {Level::kFail, "whole writes", "a renamed file shows its old text", "another file system for experiments"};
  const std::string found = format_fixed(1000 * each, 1) + " ms a file written, synced and renamed";
  if (each > 0.25) return {Level::kWarning, "whole writes", found, "slow: is the file system busy, or far?"};
  return {Level::kOk, "whole writes", found, ""};
}

Finding examine_locks(const Path& probe) {
  const int first = ::open(probe.c_str(), O_RDWR | O_CLOEXEC), second = ::open(probe.c_str(), O_RDWR | O_CLOEXEC);
  const bool taken = ::flock(first, LOCK_EX | LOCK_NB) == 0;
  const bool twice = taken && ::flock(second, LOCK_EX | LOCK_NB) == 0;
  ::close(first);
  ::close(second);
  if (!taken || twice)
    return {Level::kWarning, "locks", taken ? "a lock is given twice" : "flock is refused here",
            "run one run.sh at a time on an experiment (mount with 'flock' on Lustre)"};
  return {Level::kOk, "locks", "flock holds on this node", ""};
}

/// A directory's creation is what only one may do, wherever it is asked.
Finding examine_creation(const Path& probe) {
  const Path folder = probe.string() + "-folder";
  const bool once = ::mkdir(folder.c_str(), 0777) == 0, twice = ::mkdir(folder.c_str(), 0777) == 0;
  ::rmdir(folder.c_str());
  if (!once || twice)
    return {Level::kFail, "exclusive creation", "mkdir succeeds twice, or never",
            "another file system for experiments"};
  return {Level::kOk, "exclusive creation", "mkdir", ""};
}

Finding examine_clock(const Path& probe) {
  write_file(probe, "now");
  struct stat status {};
  ::stat(probe.c_str(), &status);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const double skew = std::chrono::duration<double>(now).count() - double(status.st_mtim.tv_sec) -
                      1e-9 * double(status.st_mtim.tv_nsec);
  const std::string found = format_fixed(std::abs(skew), 2) + " s between this node and the file server";
  if (std::abs(skew) > 5) return {Level::kWarning, "clock", found, "NTP: stale folders and times in logs will mislead"};
  return {Level::kOk, "clock", found, ""};
}

std::vector<Finding> examine_space(const Path& folder, double needed_bytes, double needed_files) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0)
    return {{Level::kWarning, "free space", "the file system does not say", "look at your quota by hand"}};
  const double free = double(disk.f_bavail) * double(disk.f_frsize), inodes = double(disk.f_favail);
  const auto judge = [](double have, double need) {
    return have < need ? Level::kFail : have < 3 * need ? Level::kWarning : Level::kOk;
  };
  const Level space = judge(free, needed_bytes), files = disk.f_files == 0 ? Level::kOk : judge(inodes, needed_files);
  const auto need = [](double n, const std::string& words) {
    return n > 0 ? ", a generation takes about " + words : "";
  };
  return {{space, "free space", format_bytes(free) + need(needed_bytes, format_bytes(needed_bytes)),
           space == Level::kOk ? "" : "free some, or another place (a project's quota may hold sooner)"},
          {files, "free inodes",
           (disk.f_files == 0 ? "no limit" : format_count(inodes)) + need(needed_files, format_count(needed_files)),
           files == Level::kOk ? "" : "remove files, or another place"}};
}

}  // namespace

std::vector<Finding> examine_folder(const Path& folder, double needed_bytes, double needed_files) {
  const Path probe = folder / (".tmp-doctor-" + std::to_string(::getpid()));
  std::vector<Finding> out;
  try {
    write_file(probe, "");
    out = {examine_writes(probe), examine_locks(probe), examine_creation(probe), examine_clock(probe)};
  } catch (const Error& fault) {
    out.push_back({Level::kFail, "whole writes", fault.what(), "permissions and quota of '" + folder.string() + "'"});
  }
  std::error_code none;
  fs::remove(probe, none);
  for (const Finding& f : examine_space(folder, needed_bytes, needed_files)) out.push_back(f);
  return out;
}

}  // namespace gradus
