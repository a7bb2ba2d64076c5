#include "app/output.h"

#include <cerrno>
#include <cstring>

namespace app {

namespace {

int g_output_error = 0;  // The first that standard output gave.

bool note_output(bool written) {
  if (!written && g_output_error == 0) g_output_error = errno;
  return written;
}

}  // namespace

bool write_text(std::FILE* stream, std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return stream == stdout ? note_output(written) : written;
}

bool flush_output() { return note_output(std::fflush(stdout) == 0); }

Outcome<> finish_output() {
  flush_output();
  if (g_output_error == 0 || g_output_error == EPIPE) return {};
  return refused(fmt::format("cannot write the output: {}", std::strerror(g_output_error)));
}

}  // namespace app
