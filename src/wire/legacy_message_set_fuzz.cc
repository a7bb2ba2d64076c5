// Bytes from an old log folder: every entry in them is read or refused.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "wire/legacy_message_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  static wire::BatchScratch scratch;
  Bytes rest = std::as_bytes(std::span(data, size));
  while (!rest.empty()) {
    const auto header = wire::peek_legacy(rest);
    if (!header || !*header || (*header)->size() > rest.size()) break;
    const Bytes entry = rest.first((*header)->size());
    rest = rest.subspan(entry.size());
    wire::legacy_checksum_matches(entry);
    const auto records = wire::read_legacy(entry, scratch, kLimit);
    if (records) check(!records->empty());
  }
  return 0;
}
