#include "log/txn_index.h"

#include <algorithm>

namespace logs {
namespace {

constexpr std::int16_t kVersion = 0;
constexpr std::size_t kProducerAt = 2;
constexpr std::size_t kFirstAt = 10;
constexpr std::size_t kLastAt = 18;
constexpr std::size_t kLastStableAt = 26;

std::optional<AbortedTxn> decode_one(const std::byte* at) {
  if (load_big<std::int16_t>(at) != kVersion) return {};
  const AbortedTxn entry{.producer = ProducerId{load_big<std::int64_t>(at + kProducerAt)},
                         .first = Offset{load_big<std::int64_t>(at + kFirstAt)},
                         .last = Offset{load_big<std::int64_t>(at + kLastAt)},
                         .last_stable = Offset{load_big<std::int64_t>(at + kLastStableAt)}};
  if (entry.producer.value < 0 || entry.first.value < 0 || entry.first >= entry.last) return {};
  if (entry.last_stable.value < 0 || entry.last_stable.value - 1 > entry.last.value) return {};
  return entry;
}

}  // namespace

ByteVector encode_aborted(const std::vector<AbortedTxn>& entries) {
  ByteVector file(entries.size() * kAbortedTxnSize);
  std::byte* at = file.data();
  for (const AbortedTxn& entry : entries) {
    store_big(at, kVersion);
    store_big(at + kProducerAt, entry.producer.value);
    store_big(at + kFirstAt, entry.first.value);
    store_big(at + kLastAt, entry.last.value);
    store_big(at + kLastStableAt, entry.last_stable.value);
    at += kAbortedTxnSize;
  }
  return file;
}

std::optional<std::vector<AbortedTxn>> decode_aborted(Bytes file, Offset base, Offset end) {
  if (file.size() % kAbortedTxnSize != 0) return {};
  std::vector<AbortedTxn> entries;
  entries.reserve(file.size() / kAbortedTxnSize);
  Offset least = base;
  for (std::size_t at = 0; at < file.size(); at += kAbortedTxnSize) {
    const auto entry = decode_one(file.data() + at);
    if (!entry || entry->last < least || entry->last >= end) return {};
    least = Offset{entry->last.value + 1};
    entries.push_back(*entry);
  }
  return entries;
}

bool add_aborted(const std::vector<AbortedTxn>& entries, Offset from, Offset upper,
                 std::vector<AbortedTxn>& to) {
  auto at = std::ranges::lower_bound(entries, from, {}, &AbortedTxn::last);
  for (; at != entries.end(); ++at) {
    if (at->first < upper) to.push_back(*at);
    if (at->last_stable >= upper) return true;
  }
  return false;
}

}  // namespace logs
