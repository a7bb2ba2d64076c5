// Groups out of their log, batch by batch. Offsets committed within a transaction count from its
// commit marker on, and not at all if it was aborted or is still open.
#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "group/groups.h"
#include "wire/record_batch_reader.h"

namespace group {

class Loading {
 public:
  // Takes in the next batch of the log. CorruptMessage where it cannot be read; then the groups are
  // not to be used.
  Result<void> add(Bytes batch);

  // The groups, once all batches are in.
  Groups finish() { return std::move(groups_); }

 private:
  Result<void> add_record(const wire::BatchHeader& header, const wire::RecordView& view);
  Groups groups_;
  wire::BatchScratch scratch_;
};

}  // namespace group
