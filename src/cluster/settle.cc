#include "cluster/settle.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace cluster {

Result<Settled> settle(std::vector<Record> records) {
  const auto wrong = [](const char* what) {
    return fail(ErrorCode::CorruptMessage,
                std::string("the metadata log contradicts itself: ") + what);
  };
  Settled settled;
  std::optional<std::vector<Record>> held;
  for (Record& record : records) {
    if (std::holds_alternative<wire::BeginTransactionRecord>(record)) {
      if (held) return wrong("a transaction begins within another");
      held.emplace();
    } else if (std::holds_alternative<wire::EndTransactionRecord>(record)) {
      if (!held) return wrong("a transaction ends that was not begun");
      std::ranges::move(*held, std::back_inserter(settled.records));
      held.reset();
    } else if (std::holds_alternative<wire::AbortTransactionRecord>(record)) {
      if (!held) return wrong("a transaction is aborted that was not begun");
      held.reset();
    } else {
      (held ? *held : settled.records).push_back(std::move(record));
    }
  }
  settled.open = held.has_value();
  return settled;
}

}  // namespace cluster
