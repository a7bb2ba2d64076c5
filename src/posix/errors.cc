#include "posix/errors.h"

#include <cstring>

namespace posix {

std::string cause(int error_number) {
  char buffer[128];
  // The GNU variant, which may or may not use the buffer.
  return strerror_r(error_number, buffer, sizeof buffer);
}

std::unexpected<Error> storage_error(std::string_view verb, const std::string& path, int error) {
  return fail(ErrorCode::KafkaStorageError,
              "cannot " + std::string(verb) + " '" + path + "': " + cause(error));
}

std::unexpected<Error> network_error(std::string detail) {
  return fail(ErrorCode::NetworkException, std::move(detail));
}

}  // namespace posix
