// Looking into record batches: the batches in a run of bytes, and the records in a batch. Views
// only; nothing is allocated per record. Safe on any bytes, validated or not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/compression.h"
#include "wire/record_batch.h"

namespace wire {

// A header of a record: a name, and bytes or null.
struct RecordHeader {
  std::string_view name = {};
  std::optional<Bytes> value = {};
};

// The headers of one record, decoded while one walks over them. The reader has checked them.
class RecordHeaders {
 public:
  class Iterator {
   public:
    using value_type = RecordHeader;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(Bytes rest) : rest_(rest) {}
    RecordHeader operator*() const { return Iterator(*this).take(); }
    Iterator& operator++() {
      take();
      return *this;
    }
    void operator++(int) { take(); }
    bool operator==(std::default_sentinel_t) const { return rest_.empty(); }

   private:
    RecordHeader take();
    Bytes rest_;
  };

  RecordHeaders() = default;
  RecordHeaders(Bytes encoded, std::size_t count) : encoded_(encoded), count_(count) {}

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Iterator begin() const { return Iterator(encoded_); }
  static std::default_sentinel_t end() { return {}; }
  Bytes encoded() const { return encoded_; }  // Without the count in front.

 private:
  Bytes encoded_;
  std::size_t count_ = 0;
};

struct RecordView {
  Offset offset = {};
  Timestamp timestamp = kNoTimestamp;
  std::optional<Bytes> key = {};
  std::optional<Bytes> value = {};
  RecordHeaders headers = {};
  std::size_t encoded_size = 0;  // In the uncompressed batch, its length field included.
};

inline constexpr std::size_t kUncompressedLimit = std::size_t{100} << 20;

// The records of one batch, in order. Its views last as long as the batch's bytes and, for a
// compressed batch, until the scratch is used again. The checksum is not looked at.
class BatchReader {
 public:
  static Result<BatchReader> open(Bytes batch, BatchScratch& scratch,
                                  std::size_t uncompressed_limit = kUncompressedLimit);

  const BatchHeader& header() const { return header_; }
  // The records not yet given, as they are encoded.
  Bytes rest() const { return rest_; }

  // Nothing after the last record. InvalidRecord for a malformed one, for a count that does not
  // agree, and for bytes behind the last.
  Result<std::optional<RecordView>> next();

 private:
  BatchReader(const BatchHeader& header, Bytes records)
      : header_(header), rest_(records), left_(header.record_count) {}

  BatchHeader header_;
  Bytes rest_;
  std::int32_t left_;
};

// Calls visit(const RecordView&) for each record of the batch.
template <class Visit>
Result<BatchHeader> for_each_record(Bytes batch, BatchScratch& scratch, Visit&& visit) {
  BatchReader reader = TRY(BatchReader::open(batch, scratch));
  for (;;) {
    const std::optional<RecordView> record = TRY(reader.next());
    if (!record) return reader.header();
    visit(*record);
  }
}

struct FoundBatch {
  BatchHeader header;
  Bytes bytes;
};

// The batches in a run of bytes. The last may be torn, as in fetch answers and after a crash: it is
// not given.
class BatchIterator {
 public:
  explicit BatchIterator(Bytes run) : rest_(run) {}

  // Nothing at the end, or where only a torn batch is left; then `rest()` is that torn batch.
  // Errors as peek_batch.
  Result<std::optional<FoundBatch>> next();
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

}  // namespace wire
