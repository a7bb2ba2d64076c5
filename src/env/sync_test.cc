#include "env/sync.h"

#include <gtest/gtest.h>

namespace env {
namespace {

Task<int> answer() { co_return 42; }
Task<Result<int>> half(int n) {
  if (n % 2 != 0) co_return fail(ErrorCode::InvalidRequest, "odd");
  co_return n / 2;
}
Task<Result<int>> quarter(int n) {
  CO_TRY(const int h, co_await half(n));
  CO_TRY(const int q, co_await half(h));
  co_return q;
}

TEST(Task, GivesItsValue) {
  int got = 0;
  spawn(answer(), [&](int value) { got = value; });
  EXPECT_EQ(got, 42);
}

TEST(Task, PassesErrorsOn) {
  Result<int> got = 0;
  spawn(quarter(12), [&](Result<int> value) { got = std::move(value); });
  EXPECT_EQ(got.value(), 3);
  spawn(quarter(6), [&](Result<int> value) { got = std::move(value); });
  EXPECT_EQ(got.error().detail, "odd");
}

}  // namespace
}  // namespace env
