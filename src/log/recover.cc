#include "log/recover.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"

namespace logs {
namespace {

// Between two checkpoints of a log that is syncing well there is little to look at; against bytes
// made to look like batches the search gives up after so many checksums.
constexpr int kMostGuesses = 1000;

SegmentPlan plan_checked(const SegmentFacts& segment) {
  if (segment.has_index && segment.index_is_sound && segment.proven) {
    return {Action::CheckTail, segment.proven->position};
  }
  return {Action::CheckAll, 0};
}

}  // namespace

std::vector<SegmentPlan> plan(const std::vector<SegmentFacts>& segments, bool clean,
                              Offset recovery_point) {
  std::vector<SegmentPlan> plans;
  plans.reserve(segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const SegmentFacts& segment = segments[i];
    const bool last = i + 1 == segments.size();
    // A segment's indexes are complete and synced before anything behind it is. So a recovery point
    // at its very end does not speak for them yet.
    const bool covered = clean || (!last && segments[i + 1].base < recovery_point);
    if (!covered) {
      plans.push_back(plan_checked(segment));
    } else if (segment.size > 0 && !(segment.has_index && segment.index_is_sound)) {
      plans.push_back({Action::BuildIndexes, 0});
    } else {
      plans.push_back({});
    }
  }
  return plans;
}

std::optional<Walk::Found> Walk::take(Bytes bytes, Check check) {
  if (stop_) return {};
  const std::uint64_t left = size_ - position_;
  if (left == 0) {
    stop_ = Stop::End;
    return {};
  }
  if (left < wire::kBatchOverhead) {
    stop_ = Stop::Torn;
    return {};
  }
  const auto header = wire::peek_batch(bytes);
  if (!header) {
    stop_ = Stop::NoBatch;
    return {};
  }
  if (!*header) return {};
  const wire::BatchHeader& found = **header;
  if (found.size() > left) {
    stop_ = Stop::Torn;
    return {};
  }
  if (check == Check::Checksums) {
    wanted_ = found.size();
    if (bytes.size() < wanted_) return {};
    if (!wire::checksum_matches(bytes.first(wanted_)) &&
        !probe::planted<"recovery checks no checksums">()) {
      stop_ = Stop::Checksum;
      return {};
    }
  }
  if (found.base_offset < next_ || found.last_offset_delta < 0 ||
      found.last_offset().value - base_.value > INT32_MAX) {
    stop_ = Stop::Offsets;
    return {};
  }
  Found result{.header = found, .position = position_};
  position_ += found.size();
  next_ = found.next_offset();
  wanted_ = wire::kBatchOverhead;
  return result;
}

std::optional<std::size_t> find_batch(Bytes bytes, Offset from) {
  constexpr std::size_t kMagicAt = 16;
  int guesses = 0;
  for (std::size_t at = 0; at + wire::kBatchOverhead <= bytes.size(); ++at) {
    if (bytes[at + kMagicAt] != std::byte{wire::kBatchMagic}) continue;
    const auto offset = load_big<std::int64_t>(&bytes[at]);
    const auto length = load_big<std::int32_t>(&bytes[at + 8]);
    const std::size_t left = bytes.size() - at - wire::kBatchPrefix;
    if (offset < from.value || length < 0 || static_cast<std::size_t>(length) > left) continue;
    const auto header = wire::peek_batch(bytes.subspan(at));
    if (!header || !*header) continue;
    if (wire::checksum_matches(bytes.subspan(at, (*header)->size()))) return at;
    if (++guesses == kMostGuesses) return {};
  }
  return {};
}

const char* to_text(Walk::Stop stop) {
  switch (stop) {
    case Walk::Stop::End:
      return "the end";
    case Walk::Stop::Torn:
      return "a batch that is not whole";
    case Walk::Stop::NoBatch:
      return "bytes that are no batch";
    case Walk::Stop::Checksum:
      return "a batch with a wrong checksum";
    case Walk::Stop::Offsets:
      return "a batch whose offsets do not follow from those before it";
  }
  return "";
}

Finding judge(std::string file, std::uint64_t size, const Walk& walk, Offset recovery_point,
              bool batches_follow) {
  const bool promised = walk.next() < recovery_point || batches_follow;
  return {.kind = promised ? Finding::Kind::Damage : Finding::Kind::TornTail,
          .file = std::move(file),
          .offset = walk.next(),
          .position = walk.position(),
          .bytes = size - walk.position(),
          .may_lose_promised = promised,
          .why = to_text(*walk.stop())};
}

std::string to_text(const Finding& finding) {
  using Kind = Finding::Kind;
  switch (finding.kind) {
    case Kind::TornTail:
      return fmt::format(
          "{}: cut {} bytes at position {} (offset {} on) that were never acknowledged: found {}",
          finding.file, finding.bytes, finding.position, finding.offset.value, finding.why);
    case Kind::Damage:
      return fmt::format(
          "{}: DAMAGED at position {} (offset {} on): found {}; {} bytes, which may hold "
          "acknowledged records, were cut and kept in {}",
          finding.file, finding.position, finding.offset.value, finding.why, finding.bytes,
          finding.kept_in);
    case Kind::SegmentCut:
      return fmt::format(
          "{}: {} bytes (offset {} on), which may hold acknowledged records, lie behind a damaged "
          "place and cannot be served; kept in {}",
          finding.file, finding.bytes, finding.offset.value, finding.kept_in);
    case Kind::IndexRebuilt:
      return fmt::format("{}: built the indexes anew: {}", finding.file, finding.why);
    case Kind::LeftOver:
      return fmt::format("{}: removed: {}", finding.file, finding.why);
    case Kind::Missing:
      return fmt::format("{}: records are MISSING from offset {} on: {}", finding.file,
                         finding.offset.value, finding.why);
    case Kind::EpochsLost:
      return fmt::format("{}: built anew from the batches that were checked: {}", finding.file,
                         finding.why);
  }
  return {};
}

}  // namespace logs
