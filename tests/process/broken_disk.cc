// A disk that fails when told to, below a program that knows nothing of it: a library for
// LD_PRELOAD in front of the calls that change files.
//
// The file that BROKEN_DISK names says what fails, a line each, and is read anew at each call:
//
//   CALL ERROR PART TIMES [NUMBER]
//
// CALL is write, sync, sync_folder, create, rename or truncate; ERROR is EIO, ENOSPC, or for write
// also `short`, which writes half and says so. Only what has PART in its path fails, "." being any.
// TIMES is how often, 0 for ever; a fault that has happened so often is over until its line
// changes: the number has no other purpose. No file, or an empty one: a disk in good health.
//
// A line whose fault has happened is noted in the file of that name with ".met" behind it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

constexpr int kShort = -1;

// The function of that name that ours stands in front of.
template <class Function>
Function* real(const char* name, Function*) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(#name, static_cast<decltype(&::name)>(nullptr))

int error_of(const std::string& name) {
  if (name == "EIO") return EIO;
  if (name == "ENOSPC") return ENOSPC;
  if (name == "short") return kShort;
  std::fprintf(stderr, "broken_disk: no error '%s'\n", name.c_str());
  std::abort();
}

// What stands in the file, read with calls that are not ours to break.
std::string plan() {
  const char* const path = std::getenv("BROKEN_DISK");
  if (!path) return {};
  const int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[4096];
  const ssize_t got = read(fd, text, sizeof text);
  close(fd);
  return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0);
}

void note(const std::string& line) {
  const std::string path = std::string(std::getenv("BROKEN_DISK")) + ".met";
  const int fd = REAL(open)(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  const std::string text = line + "\n";
  if (write(fd, text.data(), text.size()) < 0) std::perror("broken_disk");
  close(fd);
}

// The error that this call is to give now; 0 for none.
int fault(const std::string& call, const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, int> happened;  // By line.
  const std::string text = plan();
  if (text.empty()) return 0;
  const std::lock_guard lock(mutex);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    char name[32];
    char error[32];
    char part[256];
    int times = 0;
    if (std::sscanf(line.c_str(), "%31s %31s %255s %d", name, error, part, &times) != 4) continue;
    const bool any = std::strcmp(part, ".") == 0;
    if (call != name || (!any && path.find(part) == std::string::npos)) continue;
    if (times != 0 && happened[line] >= times) continue;
    if (++happened[line] == 1) note(line);
    return error_of(error);
  }
  return 0;
}

std::string path_of(int fd) {
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t got = readlink(link, path, sizeof path);
  return std::string(path, got > 0 ? static_cast<std::size_t>(got) : 0);
}

int fails_with(int error) {
  errno = error;
  return -1;
}

// Half of the bytes, but one at least.
ssize_t write_half(int fd, const iovec* parts, int count, off_t offset) {
  for (int i = 0; i < count; ++i) {
    if (parts[i].iov_len == 0) continue;
    return REAL(pwrite)(fd, parts[i].iov_base, std::max<std::size_t>(1, parts[i].iov_len / 2),
                        offset);
  }
  return 0;
}

int sync_file(int (*sync)(int), int fd) {
  struct stat status{};
  const bool folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (const int error = fault(folder ? "sync_folder" : "sync", path_of(fd))) {
    return fails_with(error);
  }
  return sync(fd);
}

int open_file(int (*open)(const char*, int, ...), const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && access(path, F_OK) != 0) {
    if (const int error = fault("create", path)) return fails_with(error);
  }
  return open(path, flags, mode);
}

mode_t mode_in(int flags, va_list more) { return flags & O_CREAT ? va_arg(more, mode_t) : 0; }

}  // namespace

extern "C" {

ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  if (const int error = fault("write", path_of(fd))) {
    return error == kShort ? write_half(fd, parts, count, offset) : fails_with(error);
  }
  return REAL(pwritev)(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

int fdatasync(int fd) { return sync_file(REAL(fdatasync), fd); }
int fsync(int fd) { return sync_file(REAL(fsync), fd); }

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_in(flags, more);
  va_end(more);
  return open_file(REAL(open), path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_in(flags, more);
  va_end(more);
  return open_file(REAL(open64), path, flags, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (const int error = fault("create", path)) return fails_with(error);
  return REAL(mkdir)(path, mode);
}

int rename(const char* from, const char* to) noexcept {
  if (const int error = fault("rename", from)) return fails_with(error);
  return REAL(rename)(from, to);
}

int ftruncate(int fd, off_t size) noexcept {
  if (const int error = fault("truncate", path_of(fd))) return fails_with(error);
  return REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }

}  // extern "C"
