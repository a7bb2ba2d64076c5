#include "base/check.h"

#include <cstdio>
#include <cstdlib>

void check_failed(const char* what, std::source_location at) {
  std::fprintf(stderr, "%s:%u: check failed in %s%s%s\n", at.file_name(), at.line(),
               at.function_name(), *what ? ": " : "", what);
  std::abort();
}
