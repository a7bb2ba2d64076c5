// Making record batches: of new records, and of another batch's in another compression.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/compression.h"
#include "wire/record_batch.h"
#include "wire/record_batch_reader.h"

namespace wire {

struct BatchOptions {
  Compression compression = {};
  Offset base_offset = {};
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  std::optional<Timestamp> log_append_time = {};  // Where set, readers give every record this time.
};

// Gathers records and makes one batch of them. The offsets count up from the base offset.
class BatchBuilder {
 public:
  explicit BatchBuilder(BatchOptions options = {});

  void add(Timestamp timestamp, std::optional<Bytes> key, std::optional<Bytes> value,
           std::span<const RecordHeader> headers = {});
  // Keeps the record's own offset, which is above all before it and less than 2^31 above the base.
  void add(const RecordView& record);

  bool empty() const { return count_ == 0; }
  std::int32_t count() const { return count_; }
  // The size of the batch without compression.
  std::size_t size() const { return records_.size() + kBatchOverhead; }

  // The batch. The builder is then as new, with the same options. Below 2 GiB: the caller's
  // promise.
  ByteVector finish(CodecScratch& scratch);
  ByteVector finish();

 private:
  void begin_record(std::int64_t offset_delta, Timestamp timestamp, std::optional<Bytes> key,
                    std::optional<Bytes> value, std::size_t headers_size);

  BatchHeader header(std::size_t size) const;

  BatchOptions options_;
  ByteVector records_;
  std::int32_t count_ = 0;
  std::int64_t last_delta_ = -1;
  Timestamp base_timestamp_ = kNoTimestamp;
  Timestamp max_timestamp_ = kNoTimestamp;
};

// The same records with the same offsets, times, producer and flags in another compression. Errors
// as BatchReader.
Result<ByteVector> recompress(Bytes batch, const Compression& with, BatchScratch& scratch,
                              std::size_t uncompressed_limit = kUncompressedLimit);

}  // namespace wire
