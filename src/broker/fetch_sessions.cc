#include "broker/fetch_sessions.h"

#include <algorithm>
#include <limits>

namespace broker {
namespace {

constexpr std::size_t kMostPartitions = 100'000;
constexpr std::int32_t kFinalEpoch = -1;   // No session, and none wanted.
constexpr std::int32_t kInitialEpoch = 0;  // Begin a session.

std::int32_t after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

}  // namespace

void FetchSession::told(const FetchKey& key, FetchTold told, bool had_data) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  found->second->told = told;
  if (had_data) items_.splice(items_.end(), items_, found->second);
}

const FetchTold* FetchSession::find_told(const FetchKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &found->second->told;
}

void FetchSession::put(const FetchWanted& wanted) {
  const auto found = by_key_.find(wanted.key);
  if (found != by_key_.end()) {
    found->second->wanted = wanted;
    return;
  }
  items_.push_back({wanted, {}});
  by_key_.emplace(wanted.key, std::prev(items_.end()));
}

void FetchSession::forget(const FetchKey& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  items_.erase(found->second);
  by_key_.erase(found);
}

Result<FetchScope> FetchSessions::open(Request request, Instant now, std::uint64_t fresh_id) {
  if (request.epoch == kFinalEpoch || request.epoch == kInitialEpoch) {
    sessions_.erase(request.session_id);
    FetchScope scope;
    if (request.epoch == kInitialEpoch) scope.session = begin(request, now, fresh_id);
    scope.wanted = std::move(request.wanted);
    return scope;
  }

  const auto found = sessions_.find(request.session_id);
  if (found == sessions_.end()) {
    return fail(ErrorCode::FetchSessionIdNotFound, "this broker holds no such fetch session");
  }
  FetchSession& session = *found->second;
  if (session.by_id_ != request.by_id) {
    return fail(ErrorCode::FetchSessionTopicIdError,
                "the session began with the other way of naming topics");
  }
  if (session.next_epoch_ != request.epoch) {
    return fail(ErrorCode::InvalidFetchSessionEpoch,
                "the session stands at epoch " + std::to_string(session.next_epoch_));
  }
  session.next_epoch_ = after(request.epoch);
  session.used_ = now;
  for (const FetchKey& key : request.forgotten) session.forget(key);
  for (const FetchWanted& wanted : request.wanted) session.put(wanted);

  if (session.items_.size() > kMostPartitions) {
    // No consumer has so many: it may go on without a session, where every request pays for itself.
    sessions_.erase(found);
    return fail(ErrorCode::FetchSessionIdNotFound, "the session has grown too large to be kept");
  }
  if (session.items_.empty()) {
    // Nothing is left to have a session about.
    sessions_.erase(found);
    return FetchScope{};
  }
  FetchScope scope{.session = found->second, .wanted = {}, .only_changes = true};
  scope.wanted.reserve(session.items_.size());
  for (const FetchSession::Item& item : session.items_) scope.wanted.push_back(item.wanted);
  return scope;
}

std::size_t FetchSessions::partitions() const {
  std::size_t sum = 0;
  for (const auto& [id, session] : sessions_) sum += session->items_.size();
  return sum;
}

std::shared_ptr<FetchSession> FetchSessions::begin(const Request& request, Instant now,
                                                   std::uint64_t fresh_id) {
  // A session without partitions has nothing to leave out.
  if (request.wanted.empty() || request.wanted.size() > kMostPartitions) return nullptr;
  if (!make_room(now)) return nullptr;
  auto id = static_cast<std::int32_t>(fresh_id & 0x7fffffff);
  while (id == 0 || sessions_.contains(id)) id = (id + 1) & 0x7fffffff;

  auto session = std::make_shared<FetchSession>();
  session->id_ = id;
  session->by_id_ = request.by_id;
  session->used_ = now;
  for (const FetchWanted& wanted : request.wanted) session->put(wanted);
  sessions_.emplace(id, session);
  return session;
}

bool FetchSessions::make_room(Instant now) {
  if (sessions_.size() < slots_) return true;
  const auto oldest = std::ranges::min_element(
      sessions_, {}, [](const auto& entry) { return entry.second->used_; });
  if (oldest == sessions_.end() || now - oldest->second->used_ < evict_after_) return false;
  sessions_.erase(oldest);
  return true;
}

}  // namespace broker
