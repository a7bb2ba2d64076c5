// A value, or the reason there is none. Expected failures are values that cannot be dropped.
#pragma once
#include <expected>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error_code.h"  // Generated from schema/errors.table.

// Why something could not be done: Kafka's code, and one sentence for the person who reads it.
struct Error {
  ErrorCode code = ErrorCode::None;
  std::string detail = {};
  bool operator==(const Error&) const = default;
};

// std::expected is not [[nodiscard]] in GCC 12; this is.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(ErrorCode code, std::string detail = {}) {
  return std::unexpected(Error{code, std::move(detail)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// The value of a Result, or return its error from the enclosing function. Coroutines have CO_TRY in
// env/task.h.
#define TRY(expr)                                                     \
  __extension__({                                                     \
    auto&& result_ = (expr);                                          \
    if (!result_) return std::unexpected(std::move(result_).error()); \
    *std::move(result_);                                              \
  })

// As TRY for Result<void>.
#define TRY_VOID(expr)                                                \
  do {                                                                \
    auto&& result_ = (expr);                                          \
    if (!result_) return std::unexpected(std::move(result_).error()); \
  } while (false)

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
