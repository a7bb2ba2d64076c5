// What the commands about transactions share.
#pragma once
#include <algorithm>
#include <chrono>

#include "app/commands/common.h"

namespace app {

inline Timestamp now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Timestamp{std::chrono::duration_cast<Millis>(since).count()};
}

// 0 where the other side's clock is ahead of ours.
inline Millis since(Timestamp then) {
  return Millis{std::max<std::int64_t>(now().value - then.value, 0)};
}

void add_txn_hanging(Tree& tree, CLI::App& txn);
void add_txn_producers(Tree& tree, CLI::App& txn);
void add_txn_abort(Tree& tree, CLI::App& txn);

}  // namespace app
