// Bytes from anybody as record batches, and from an old log folder as message sets. The checksum of
// a batch is made right, or hardly anything would get past it; what validation then accepts, every
// other way through a batch must accept too, and find the same in it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "testing/memory.h"
#include "wire/legacy_message_set.h"
#include "wire/record_batch.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;
// A record is six bytes or more on the wire, and what is remembered of it is some 24 times that.
constexpr std::size_t kMostHeld = 32 * kLimit;

void note(std::string& seen, std::optional<Bytes> bytes) {
  seen += bytes ? std::to_string(bytes->size()) : "-";
  if (bytes) seen += as_text(*bytes);
}

// All that a batch's records say.
std::string contents(Bytes batch, wire::BatchScratch& scratch) {
  std::string seen;
  const auto read = wire::for_each_record(batch, scratch, [&](const wire::RecordView& record) {
    seen += std::to_string(record.offset.value) + "@" + std::to_string(record.timestamp.value);
    note(seen, record.key);
    note(seen, record.value);
    for (const wire::RecordHeader& header : record.headers) {
      note(seen, as_bytes(header.name));
      note(seen, header.value);
    }
    seen += '\n';
  });
  check(read.has_value());
  return seen;
}

void read_batch(Bytes input) {
  static wire::BatchScratch scratch;
  ByteVector batch = to_vector(input);
  const auto header = wire::peek_batch(batch);
  if (header && *header && (*header)->size() == batch.size()) {
    wire::set_max_timestamp(batch, (*header)->timestamp_type, (*header)->max_timestamp);
  }
  wire::BatchIterator batches(batch);
  std::size_t walked = 0;
  while (true) {
    const auto found = batches.next();
    if (!found || !*found) break;
    walked += (*found)->bytes.size();
  }
  check(walked <= batch.size());
  for (const auto origin : {wire::Origin::Client, wire::Origin::Replica}) {
    const wire::BatchRules rules{.origin = origin, .max_uncompressed_bytes = kLimit};
    const auto valid = wire::validate_batch(batch, rules, scratch);
    if (!valid) continue;
    const std::string all = contents(batch, scratch);
    check(std::ranges::count(all, '\n') >= valid->header.record_count);
    const auto made = wire::recompress(batch, {wire::Codec::Lz4}, scratch);
    check(made && wire::checksum_matches(*made) && contents(*made, scratch) == all);
  }
}

void read_legacy(Bytes rest) {
  static wire::BatchScratch scratch;
  while (!rest.empty()) {
    const auto header = wire::peek_legacy(rest);
    if (!header || !*header || (*header)->size() > rest.size()) break;
    const Bytes entry = rest.first((*header)->size());
    rest = rest.subspan(entry.size());
    wire::legacy_checksum_matches(entry);
    const auto records = wire::read_legacy(entry, scratch, kLimit);
    if (records) check(!records->empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes = std::as_bytes(std::span(data + 1, size - 1));
  const std::size_t before = testing::memory_held();
  if (data[0] % 2 == 0) {
    read_batch(bytes);
  } else {
    read_legacy(bytes);
  }
  const std::size_t after = testing::memory_held();
  check(after <= before + kMostHeld + size);
  return 0;
}
