// A bug crashes, always: a check is never compiled out. For what a peer or a disk may get wrong use
// Result instead.
#pragma once
#include <source_location>

[[noreturn]] void check_failed(const char* what, std::source_location at);

// Ends the process with the place of the check unless `holds`.
inline void check(bool holds, const char* what = "",
                  std::source_location at = std::source_location::current()) {
  if (!holds) [[unlikely]]
    check_failed(what, at);
}
