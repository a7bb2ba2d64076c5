// Hands in the leader's assignment, and hands out a member's part of it.
#include "wire/014_sync_group.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

constexpr std::int16_t kNamesProtocol = 5;  // KIP-559: what a member takes the group's to be.

}  // namespace

env::Task<wire::SyncGroupResponse> sync_group(Call& call, wire::SyncGroupRequest request) {
  if (call.version() >= kNamesProtocol && !(request.protocol_type && request.protocol_name)) {
    wire::SyncGroupResponse refused;
    refused.error_code = ErrorCode::InconsistentGroupProtocol;
    co_return refused;
  }
  const GroupId group = request.group_id;
  Result<wire::SyncGroupResponse> answer = co_await at_group<wire::SyncGroupResponse>(
      call, group, [request = std::move(request)](GroupCoordinator& groups) mutable {
        return groups.sync(std::move(request));
      });
  if (answer) co_return std::move(*answer);
  wire::SyncGroupResponse refused;
  refused.error_code = answer.error().code;
  co_return refused;
}

}  // namespace broker
