// Bytes from anybody as a record batch. The checksum is made right, or hardly anything would get
// past it; what validation then accepts, every other way through a batch must accept too.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "wire/record_batch.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;

std::int32_t count_records(Bytes batch, wire::BatchScratch& scratch) {
  std::int32_t count = 0;
  const auto read = wire::for_each_record(batch, scratch, [&](const wire::RecordView& record) {
    ++count;
    std::size_t headers = 0;
    for (const wire::RecordHeader& header : record.headers) headers += header.name.size() * 0 + 1;
    check(headers == record.headers.size());
  });
  check(read.has_value());
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static wire::BatchScratch scratch;
  ByteVector batch = to_vector(std::as_bytes(std::span(data, size)));
  const auto header = wire::peek_batch(batch);
  if (header && *header && (*header)->size() == batch.size()) {
    wire::set_max_timestamp(batch, (*header)->timestamp_type, (*header)->max_timestamp);
  }
  wire::BatchIterator batches(batch);
  while (true) {
    const auto found = batches.next();
    if (!found || !*found) break;
  }
  for (const auto origin : {wire::Origin::Client, wire::Origin::Replica}) {
    const wire::BatchRules rules{.origin = origin, .max_uncompressed_bytes = kLimit};
    const auto valid = wire::validate_batch(batch, rules, scratch);
    if (!valid) continue;
    check(count_records(batch, scratch) == valid->header.record_count);
    const auto made = wire::recompress(batch, {wire::Codec::Lz4}, scratch);
    check(made && count_records(*made, scratch) == valid->header.record_count);
  }
  return 0;
}
