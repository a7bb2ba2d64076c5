// What the system said, as sentences.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace posix {

std::string cause(int error_number);  // "No space left on device".

// "cannot write '/data/x.log': No space left on device".
std::unexpected<Error> storage_error(std::string_view verb, const std::string& path, int error);
std::unexpected<Error> network_error(std::string detail);

}  // namespace posix
