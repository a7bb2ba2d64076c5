#include "log/index.h"

#include <algorithm>

namespace logs {
namespace {

template <class Entry>
ByteVector encode_entries(std::span<const Entry> entries, std::size_t size) {
  ByteVector bytes(entries.size() * size);
  for (std::size_t i = 0; i < entries.size(); ++i) encode(entries[i], &bytes[i * size]);
  return bytes;
}

bool all_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

void encode(const OffsetEntry& entry, std::byte* to) {
  store_big(to, entry.offset);
  store_big(to + 4, entry.position);
}

void encode(const TimeEntry& entry, std::byte* to) {
  store_big(to, entry.timestamp.value);
  store_big(to + 8, entry.offset);
}

OffsetEntry decode_offset_entry(const std::byte* from) {
  return {.offset = load_big<std::uint32_t>(from), .position = load_big<std::uint32_t>(from + 4)};
}

TimeEntry decode_time_entry(const std::byte* from) {
  return {.timestamp = Timestamp{load_big<std::int64_t>(from)},
          .offset = load_big<std::uint32_t>(from + 8)};
}

ByteVector encode_all(std::span<const OffsetEntry> entries) {
  return encode_entries(entries, kOffsetEntrySize);
}

ByteVector encode_all(std::span<const TimeEntry> entries) {
  return encode_entries(entries, kTimeEntrySize);
}

std::optional<std::vector<OffsetEntry>> decode_offset_index(Bytes file, std::uint64_t log_size) {
  if (file.size() % kOffsetEntrySize != 0) return {};
  std::vector<OffsetEntry> entries;
  entries.reserve(file.size() / kOffsetEntrySize);
  for (std::size_t at = 0; at < file.size(); at += kOffsetEntrySize) {
    const OffsetEntry entry = decode_offset_entry(&file[at]);
    const bool ascends = entries.empty() || (entry.offset > entries.back().offset &&
                                             entry.position > entries.back().position);
    const bool possible = entry.offset <= INT32_MAX && entry.position < log_size;
    if (ascends && possible && entry.position > 0) {
      entries.push_back(entry);
      continue;
    }
    // Kafka may index the batch at position 0 only where the interval is 0; zeros there are
    // filling.
    if (entries.empty() && ascends && possible && entry.offset > 0) {
      entries.push_back(entry);
      continue;
    }
    if (!all_zero(file.subspan(at))) return {};
    break;
  }
  return entries;
}

std::optional<std::vector<TimeEntry>> decode_time_index(Bytes file) {
  if (file.size() % kTimeEntrySize != 0) return {};
  std::vector<TimeEntry> entries;
  entries.reserve(file.size() / kTimeEntrySize);
  for (std::size_t at = 0; at < file.size(); at += kTimeEntrySize) {
    if (all_zero(Bytes(file).subspan(at, kTimeEntrySize))) {
      if (!all_zero(file.subspan(at))) return {};
      break;
    }
    const TimeEntry entry = decode_time_entry(&file[at]);
    const bool ascends = entries.empty() || (entry.timestamp > entries.back().timestamp &&
                                             entry.offset > entries.back().offset);
    if (!ascends || entry.offset > INT32_MAX || entry.timestamp.value < 0) return {};
    entries.push_back(entry);
  }
  return entries;
}

std::optional<OffsetEntry> floor_offset(std::span<const OffsetEntry> entries,
                                        std::uint32_t offset) {
  const auto above = std::ranges::upper_bound(entries, offset, {}, &OffsetEntry::offset);
  if (above == entries.begin()) return {};
  return *(above - 1);
}

std::optional<OffsetEntry> floor_position(std::span<const OffsetEntry> entries,
                                          std::uint64_t position) {
  const auto above = std::ranges::upper_bound(entries, position, {}, [](const OffsetEntry& entry) {
    return std::uint64_t{entry.position};
  });
  if (above == entries.begin()) return {};
  return *(above - 1);
}

SparseIndex::Entries SparseIndex::add(const Indexed& batch, std::uint32_t interval) {
  const auto relative = static_cast<std::uint32_t>(batch.last_offset.value - base_.value);
  if (batch.max_timestamp > max_timestamp_) {
    max_timestamp_ = batch.max_timestamp;
    max_offset_ = relative;
  }
  Entries due;
  if (bytes_since_entry_ > interval) {
    due.offset = OffsetEntry{.offset = relative, .position = batch.position};
    due.time = time_entry();
    bytes_since_entry_ = 0;
  }
  bytes_since_entry_ += batch.size;
  return due;
}

std::optional<TimeEntry> SparseIndex::finish() { return time_entry(); }

void SparseIndex::resume(const TimeEntry& last) {
  max_timestamp_ = last.timestamp;
  last_entry_ = last.timestamp;
  max_offset_ = last.offset;
}

std::optional<TimeEntry> SparseIndex::time_entry() {
  if (max_timestamp_ <= last_entry_) return {};
  last_entry_ = max_timestamp_;
  return TimeEntry{.timestamp = max_timestamp_, .offset = max_offset_};
}

}  // namespace logs
