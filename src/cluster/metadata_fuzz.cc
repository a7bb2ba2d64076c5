// Any bytes as a metadata log: records one after another, each with a length in front. What is
// understood folds or is refused, and what folds is told by its snapshot.
#include <cstddef>
#include <cstdint>

#include "base/varint.h"
#include "cluster/apply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest(reinterpret_cast<const std::byte*>(data), size);
  cluster::Image image;
  while (const auto length = take_uvarint<std::uint32_t>(rest)) {
    if (*length > rest.size()) break;
    const Result<cluster::Record> record = cluster::decode(rest.first(*length));
    rest = rest.subspan(*length);
    if (!record) continue;
    // As bytes, for a quota may be a NaN, which is not even equal to itself.
    const ByteVector once = cluster::encode(*record);
    const Result<cluster::Record> back = cluster::decode(once);
    check(back && cluster::encode(*back) == once);
    const Result<cluster::Applied> applied = cluster::apply(image, {&*record, 1});
    if (applied) image = *applied->image;
  }
  const Result<cluster::Applied> again = cluster::apply({}, cluster::snapshot(image));
  check(again && *again->image == image);
  return 0;
}
