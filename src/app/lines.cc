#include "app/lines.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace app {

Outcome<Lines> Lines::open(const std::string& path) {
  if (path.empty() || path == "-") return Lines(stdin, "standard input");
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return refused(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return Lines(file, path);
}

Outcome<std::optional<std::string_view>> Lines::next() {
  char* line = line_.release();
  errno = 0;
  const ssize_t got = getline(&line, &room_, file_.get());
  const int error = errno;
  line_.reset(line);
  if (got >= 0) {
    const auto size = static_cast<std::size_t>(got);
    return std::string_view(line, size > 0 && line[size - 1] == '\n' ? size - 1 : size);
  }
  // A signal that interrupts the read is how Ctrl-C ends the input.
  if (std::ferror(file_.get()) != 0 && error != EINTR) {
    return refused(fmt::format("cannot read {}: {}", name_, std::strerror(error)));
  }
  return std::nullopt;
}

}  // namespace app
