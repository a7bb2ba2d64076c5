#include "group/loading.h"

namespace group {

Result<void> Loading::add(Bytes batch) {
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch_));
  for (;;) {
    const std::optional<wire::RecordView> record = TRY(reader.next());
    if (!record) return {};
    TRY_VOID(add_record(reader.header(), *record));
  }
}

Result<void> Loading::add_record(const wire::BatchHeader& header, const wire::RecordView& view) {
  if (!view.key) return fail(ErrorCode::CorruptMessage, "a group record without a key");
  if (header.control) {
    end_transaction(header.producer_id, view);
    return {};
  }
  std::optional<Record> record = TRY(decode(*view.key, view.value));
  if (!record) return {};
  if (header.transactional) {
    pending_[header.producer_id].push_back(std::move(*record));
  } else {
    load(groups_, *record);
  }
  return {};
}

// A marker's key is a version and a type: 0 aborts, 1 commits.
void Loading::end_transaction(ProducerId producer, const wire::RecordView& marker) {
  if (marker.key->size() < 4) return;
  const auto type = load_big<std::int16_t>(marker.key->data() + 2);
  const auto pending = pending_.find(producer);
  if (pending == pending_.end() || type > 1) return;
  if (type == 1) {
    for (const Record& record : pending->second) load(groups_, record);
  }
  pending_.erase(pending);
}

}  // namespace group
