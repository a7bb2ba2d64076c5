// How a command ends when it does not succeed: what the person reads and what the script sees.
#pragma once
#include <expected>
#include <string>
#include <utility>

#include "base/result.h"

namespace app {

// Exit codes. Documented in docs/cli.md; scripts rely on them.
inline constexpr int kSuccess = 0;
inline constexpr int kRefused = 1;  // The cluster, the network or a file said no.
inline constexpr int kUsage = 2;    // The command line makes no sense.

// One clear line and, where there is one, a hint on what to do. Both go to standard error.
struct Failure {
  // An error's detail may carry the hint on a second line.
  Failure(Error error) {  // NOLINT(google-explicit-constructor): TRY returns errors as they are.
    line = error.detail.empty() ? std::string(text_of(error.code)) : std::move(error.detail);
    const std::size_t end = line.find('\n');
    if (end == std::string::npos) return;
    hint = line.substr(end + 1);
    line.resize(end);
  }
  Failure(int exit_code, std::string what, std::string what_to_do = {})
      : exit(exit_code), line(std::move(what)), hint(std::move(what_to_do)) {}

  int exit = kRefused;
  std::string line;
  std::string hint;
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> usage_error(std::string line, std::string hint = {}) {
  return std::unexpected(Failure(kUsage, std::move(line), std::move(hint)));
}
inline std::unexpected<Failure> refused(std::string line, std::string hint = {}) {
  return std::unexpected(Failure(kRefused, std::move(line), std::move(hint)));
}

}  // namespace app
