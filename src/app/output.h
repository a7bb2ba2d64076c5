// Printing that never throws. Who reads may have gone away (`| head`), and the disk may be full:
// that is looked at once, at the end, by finish_output().
#pragma once
#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "app/failure.h"

namespace app {

// False when it cannot be written, and then nothing more need be made.
bool write_text(std::FILE* stream, std::string_view text);
bool flush_output();  // Of standard output.

// To standard output: what was asked for.
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  write_text(stdout, fmt::format(format, std::forward<Args>(args)...));
}

// To standard error: what a person may want to know and a script must not see.
template <class... Args>
void note(fmt::format_string<Args...> format, Args&&... args) {
  write_text(stderr, fmt::format(format, std::forward<Args>(args)...));
}

// Whether all that was said has been written. A reader that went away is no failure.
Outcome<> finish_output();

}  // namespace app
