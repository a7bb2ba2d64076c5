// Which kind of group an event is for, and what a group of another kind makes of it.
#include <iterator>

#include "group/groups.h"
#include "group/migrate.h"

namespace group {
namespace {

void append(Effects& to, Effects from) {
  const auto move_all = [](auto& into, auto& out) {
    into.insert(into.end(), std::make_move_iterator(out.begin()),
                std::make_move_iterator(out.end()));
  };
  move_all(to.records, from.records);
  move_all(to.timers, from.timers);
  move_all(to.replies, from.replies);
  move_all(to.happened, from.happened);
}

// Which kind of group serves a request.
template <class Request>
struct ServedBy {
  using Kind = Classic;
};
template <>
struct ServedBy<ConsumerHeartbeat> {
  using Kind = Consumer;
};
template <>
struct ServedBy<ShareHeartbeat> {
  using Kind = Share;
};
template <>
struct ServedBy<ShareBegun> {
  using Kind = Share;
};

// Whether a request may make a group of its kind.
bool may_open(const Join&) { return true; }
bool may_open(const ConsumerHeartbeat& beat) { return beat.epoch == kJoining; }
bool may_open(const ShareHeartbeat& beat) { return beat.epoch == kJoining; }
bool may_open(const auto&) { return false; }

// What a group of another kind answers.
Answer refusal(const Join& join) {
  return JoinReply{.error = ErrorCode::InconsistentGroupProtocol, .member = join.who.member};
}
Answer refusal(const Sync&) { return SyncReply{.error = ErrorCode::UnknownMemberId}; }
Answer refusal(const Heartbeat&) { return HeartbeatReply{.error = ErrorCode::UnknownMemberId}; }
Answer refusal(const Leave& leave) {
  LeaveReply reply;
  for (const Identity& who : leave.members) {
    reply.members.push_back({who, ErrorCode::UnknownMemberId});
  }
  return reply;
}
Answer refusal(const ConsumerHeartbeat& beat) {
  if (auto refused = refuse_request(beat)) return *std::move(refused);
  return ConsumerReply{.error = ErrorCode::GroupIdNotFound,
                       .message = "there is no consumer group of this name",
                       .member = beat.who.member,
                       .epoch = beat.epoch};
}

Answer refusal(const ShareHeartbeat& beat) {
  if (auto refused = refuse_request(beat)) return *std::move(refused);
  return ShareReply{.error = ErrorCode::GroupIdNotFound,
                    .message = "there is no share group of this name",
                    .member = beat.member,
                    .epoch = beat.epoch};
}
Answer refusal(const ShareBegun&) { return ShareReply{.error = ErrorCode::GroupIdNotFound}; }

// Whether a group without members may become one of another kind. Where a share group is, and that
// is more than its offsets, is of no use to other groups, nor theirs to it.
template <class Kind>
bool may_become(const Group& group) {
  const bool keeps_to_itself = std::is_same_v<Kind, Share> || group.as<Share>();
  return keeps_to_itself ? group.is_blank() : group.is_empty();
}

Effects move_kind(Classic& group, const Event& event, const World& world) {
  return step(group, event, world.limits, world.now);
}
Effects move_kind(auto& modern, const Event& event, const World& world) {
  return step(modern, event, world);
}

// A group without members becomes one of another kind, if the request is granted. Its offsets stay.
template <class Kind>
Effects open_as(Groups& groups, const Group& group, const Event& event, const World& world) {
  Group opened{.membership = Kind{.id = group.id()}};
  Effects effects = move_kind(*opened.as<Kind>(), event, world);
  if (opened.is_blank()) return effects;

  Effects all;
  const Group before{.membership = group.membership};  // Blank, but for its offsets?
  if (!before.is_blank()) all.records = farewell(before);
  const GroupId& id = before.id();
  for (const Record& record : all.records) apply(groups, record);
  groups.get(id).membership = std::move(opened.membership);
  append(all, std::move(effects));
  return all;
}

// A classic group goes over for a member that speaks the newer protocol, if that is to be let in.
template <class Request>
std::optional<Effects> upgraded_for(Groups&, const Group&, const Request&, const World&) {
  return {};
}
std::optional<Effects> upgraded_for(Groups& groups, const Group& group,
                                    const ConsumerHeartbeat& beat, const World& world) {
  const auto* classic = group.as<Classic>();
  if (!classic || beat.epoch != kJoining || !may_upgrade(*classic, world)) return {};
  auto changes = as_consumer_group(*classic, world);
  if (!changes) return {};
  Consumer would_be{.id = classic->id};
  for (const ConsumerChange& change : *changes) apply(would_be, change);
  if (auto refused = refuse_request(would_be, beat, world.limits.consumer)) {
    return Effects{.replies = {{beat.token, *std::move(refused)}}};
  }
  const GroupId id = classic->id;
  Effects all = upgrade(groups, *classic, *std::move(changes));
  append(all, step(*groups.get(id).as<Consumer>(), beat, world));
  return all;
}

template <class Request>
Effects route(Groups& groups, const GroupId& id, const Request& request, const Event& event,
              const World& world) {
  using Kind = ServedBy<Request>::Kind;
  Group& group = groups.get(id);
  if (auto* kind = group.as<Kind>()) return move_kind(*kind, event, world);
  if (may_open(request) && may_become<Kind>(group)) {
    return open_as<Kind>(groups, group, event, world);
  }
  if constexpr (std::is_same_v<Kind, Classic>) {
    // Some members of a consumer group may still speak the classic protocol.
    if (auto* consumer = group.as<Consumer>()) return move_kind(*consumer, event, world);
  }
  if (auto upgraded = upgraded_for(groups, group, request, world)) return *std::move(upgraded);
  return {.replies = {{request.token, refusal(request)}}};
}

Effects route_to_all(Groups& groups, const GroupId& id, const Event& event, const World& world) {
  const auto at = groups.by_id.find(id);
  if (at == groups.by_id.end()) return {};
  return std::visit([&](auto& kind) { return move_kind(kind, event, world); },
                    at->second.membership);
}
Effects route(Groups& groups, const GroupId& id, const TimerFired&, const Event& event,
              const World& world) {
  return route_to_all(groups, id, event, world);
}
Effects route(Groups& groups, const GroupId& id, const TopicsChanged&, const Event& event,
              const World& world) {
  return route_to_all(groups, id, event, world);
}

}  // namespace

Effects step(Groups& groups, const GroupId& id, const Event& event, const World& world) {
  Effects effects =
      std::visit([&](const auto& what) { return route(groups, id, what, event, world); }, event);
  const Group* group = groups.find(id);
  const auto* consumer = group ? group->as<Consumer>() : nullptr;
  if (consumer && may_downgrade(*consumer, world)) {
    append(effects, downgrade(groups, *consumer, world));
  }
  return effects;
}

}  // namespace group
