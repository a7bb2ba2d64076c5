// How the parts of a log are shown: batches, records, what a metadata record says.
#pragma once
#include <optional>
#include <string>

#include "client/record.h"
#include "wire/record_batch_reader.h"

namespace app {

// "txn control log-append-time", empty for a plain batch.
std::string flags_of(const wire::BatchHeader& header);

// "COMMIT, coordinator epoch 3" for the end of a transaction; nothing for other batches.
std::optional<std::string> marker_of(const wire::BatchHeader& header, Bytes batch,
                                     wire::BatchScratch& scratch);

// "17/0 seq 5-9", or "-" for a batch without a producer.
std::string producer_of(const wire::BatchHeader& header);

// Text if it is text, else hex; cut after `most` characters. "-" for null.
std::string brief(const std::optional<Bytes>& bytes, std::size_t most = 60);

// One line on a record of the metadata log: "TopicRecord orders, id ...".
std::string metadata_text(Bytes value);

}  // namespace app
