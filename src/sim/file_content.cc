#include "sim/file_content.h"

#include <algorithm>

namespace sim {

std::size_t FileContent::read(std::uint64_t offset, MutableBytes into) const {
  if (offset >= now_.size()) return 0;
  const std::size_t size = std::min<std::uint64_t>(into.size(), now_.size() - offset);
  std::copy_n(now_.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
  return size;
}

void FileContent::write(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return;
  // A gap between the old end and `offset` reads as zeros, and is as unsure as the rest.
  touch(std::min<std::uint64_t>(offset, now_.size()), offset + bytes.size());
  now_.resize(std::max<std::size_t>(now_.size(), offset + bytes.size()));
  std::ranges::copy(bytes, now_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void FileContent::truncate(std::uint64_t size) {
  touch(std::min<std::uint64_t>(size, now_.size()), std::max<std::uint64_t>(size, now_.size()));
  now_.resize(size);
}

ByteVector FileContent::sector(std::uint64_t number) const {
  const std::uint64_t from = std::min<std::uint64_t>(number * kSector, now_.size());
  const std::uint64_t to = std::min<std::uint64_t>(from + kSector, now_.size());
  return {now_.begin() + static_cast<std::ptrdiff_t>(from),
          now_.begin() + static_cast<std::ptrdiff_t>(to)};
}

void FileContent::touch(std::uint64_t first_byte, std::uint64_t end_byte) {
  for (std::uint64_t s = first_byte / kSector; s * kSector < end_byte; ++s) {
    Sectors& before = layers_.back().before;
    if (!before.contains(s)) before.emplace(s, sector(s));
  }
}

std::uint64_t FileContent::begin_sync() {
  const std::uint64_t number = layers_.back().number;
  layers_.back().size_after = now_.size();
  layers_.push_back({number + 1, 0, {}});
  return number;
}

void FileContent::end_sync(std::uint64_t layer, bool well) {
  while (layers_.size() > 1 && layers_.front().number <= layer) {
    Layer done = std::move(layers_.front());
    layers_.pop_front();
    if (well) durable_size_ = done.size_after;
    for (auto& [number, before] : done.before) {
      if (well) {
        lost_.erase(number);
      } else {
        lost_.try_emplace(number, std::move(before));
      }
    }
  }
}

void FileContent::forget_lost() {
  const auto written_since = [this](std::uint64_t number) {
    return std::ranges::any_of(
        layers_, [number](const Layer& layer) { return layer.before.contains(number); });
  };
  for (auto at = lost_.begin(); at != lost_.end();) {
    if (written_since(at->first)) {
      ++at;
      continue;
    }
    put_sector(at->first, std::move(at->second));
    at = lost_.erase(at);
  }
}

// As far as it lies within the file.
void FileContent::put_sector(std::uint64_t number, ByteVector bytes) {
  const std::uint64_t from = number * kSector;
  if (from >= now_.size()) return;
  bytes.resize(std::min(kSector, now_.size() - from));  // Beyond what was there: zeros.
  std::ranges::copy(bytes, now_.begin() + static_cast<std::ptrdiff_t>(from));
}

std::set<std::uint64_t> FileContent::unsure_sectors() const {
  std::set<std::uint64_t> sectors;
  for (const auto& [number, before] : lost_) sectors.insert(number);
  for (const Layer& layer : layers_) {
    for (const auto& [number, before] : layer.before) sectors.insert(number);
  }
  return sectors;
}

std::vector<ByteVector> FileContent::versions(std::uint64_t number) const {
  std::vector<ByteVector> found;
  const auto take = [&](const Sectors& from) {
    if (const auto at = from.find(number); at != from.end()) found.push_back(at->second);
  };
  take(lost_);
  for (const Layer& layer : layers_) take(layer.before);
  found.push_back(sector(number));
  return found;
}

std::uint64_t FileContent::surviving_size(Clockwork& chance) const {
  const std::uint64_t least = std::min<std::uint64_t>(durable_size_, now_.size());
  const std::uint64_t most = std::max<std::uint64_t>(durable_size_, now_.size());
  switch (chance.random_below(3)) {
    case 0:
      return durable_size_;
    case 1:
      return now_.size();
    default:
      return least + chance.random_below(most - least + 1);
  }
}

void FileContent::crash(Clockwork& chance) {
  const std::set<std::uint64_t> unsure = unsure_sectors();
  // One way per crash: none of the unsynced sectors, all of them, the first few, or each by itself.
  const std::uint64_t way = chance.random_below(4);
  const std::uint64_t kept_first = chance.random_below(unsure.size() + 1);

  Sectors survivors;
  std::uint64_t nth = 0;
  for (const std::uint64_t number : unsure) {
    std::vector<ByteVector> choices = versions(number);
    const std::uint64_t newest = choices.size() - 1;
    const std::uint64_t choice = way == 0   ? 0
                                 : way == 1 ? newest
                                 : way == 2 ? (nth < kept_first ? newest : 0)
                                            : chance.random_below(choices.size());
    survivors[number] = std::move(choices[choice]);
    ++nth;
  }

  const std::uint64_t size = surviving_size(chance);
  now_.resize(size);
  for (auto& [number, bytes] : survivors) put_sector(number, std::move(bytes));
  durable_size_ = size;
  lost_.clear();
  layers_.clear();
  layers_.push_back({1, 0, {}});
}

void FileContent::corrupt(std::uint64_t offset, std::byte mask) {
  check(offset < now_.size(), "corrupting past the end of a file");
  now_[offset] ^= mask;
}

}  // namespace sim
