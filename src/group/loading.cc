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
    // A marker's key is a version and a type: 0 aborts, 1 commits.
    if (view.key->size() < 4) return {};
    const auto type = load_big<std::int16_t>(view.key->data() + 2);
    if (type == 0 || type == 1) end_transaction(groups_, header.producer_id, type == 1);
    return {};
  }
  std::optional<Record> record = TRY(decode(*view.key, view.value));
  if (!record) return {};
  auto* const offset = std::get_if<OffsetStored>(&*record);
  if (header.transactional && offset) {
    groups_.pending.add(header.producer_id, std::move(*offset));
  } else {
    load(groups_, *record, view.timestamp);
  }
  return {};
}

}  // namespace group
