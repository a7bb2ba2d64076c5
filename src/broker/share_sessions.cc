#include "broker/share_sessions.h"

#include <algorithm>
#include <set>

#include "base/probe.h"

namespace broker {
namespace {

std::int32_t after(std::int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }

void add(ShareSessions::Partitions& to, const ShareSessions::Partitions& wanted) {
  std::set<SharedPartition> known(to.begin(), to.end());
  for (const SharedPartition& partition : wanted) {
    if (known.insert(partition).second) to.push_back(partition);
  }
}

}  // namespace

Result<ShareSessions::Partitions> ShareSessions::begin(Begin wish) {
  if (!sessions_.contains(wish.key) && sessions_.size() >= slots_) {
    return fail(ErrorCode::ShareSessionLimitReached, "there are too many share sessions");
  }
  Session session{.connection = wish.connection};
  add(session.partitions, wish.partitions);
  Partitions partitions = session.partitions;
  sessions_.insert_or_assign(std::move(wish.key), std::move(session));
  return partitions;
}

Result<ShareSessions::Partitions> ShareSessions::next(const Next& wish) {
  const auto at = sessions_.find(wish.key);
  if (at == sessions_.end()) {
    return fail(ErrorCode::ShareSessionNotFound, "the member has no share session");
  }
  Session& session = at->second;
  if (wish.epoch != session.next_epoch &&
      !probe::planted<"a request of a share session is taken twice">()) {
    return fail(ErrorCode::InvalidShareSessionEpoch,
                "the share session is at epoch " + std::to_string(session.next_epoch));
  }
  session.next_epoch = after(session.next_epoch);
  add(session.partitions, wish.wanted);
  const std::set<SharedPartition> forgotten(wish.forgotten.begin(), wish.forgotten.end());
  std::erase_if(session.partitions,
                [&](const SharedPartition& partition) { return forgotten.contains(partition); });
  Partitions partitions = session.partitions;
  if (!partitions.empty()) {
    const auto first = static_cast<std::size_t>(wish.epoch) % partitions.size();
    std::ranges::rotate(partitions, partitions.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return partitions;
}

Result<ShareSessions::Partitions> ShareSessions::end(const ShareSessionKey& key) {
  auto session = sessions_.extract(key);
  if (session.empty()) {
    return fail(ErrorCode::ShareSessionNotFound, "the member has no share session");
  }
  return std::move(session.mapped().partitions);
}

ShareSessions::Partitions ShareSessions::end_of(const ShareSessionKey& key,
                                                std::uint64_t connection) {
  const auto at = sessions_.find(key);
  if (at == sessions_.end() || at->second.connection != connection) return {};
  return *end(key);
}

void ShareSessions::forget_group(const GroupId& group) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.first.group == group; });
}

}  // namespace broker
