// Forgets offsets of topics that a group does not subscribe to any more.
#include "wire/047_offset_delete.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::OffsetDeleteResponse> offset_delete(Call& call, wire::OffsetDeleteRequest request) {
  using Response = wire::OffsetDeleteResponse;
  const GroupId group = request.group_id;
  Result<Response> deleted = co_await at_group<Response>(
      call, group, [request = std::move(request)](GroupCoordinator& groups) mutable {
        return groups.delete_offsets(std::move(request));
      });
  if (deleted) co_return std::move(*deleted);
  Response refused;
  refused.error_code = deleted.error().code;
  co_return refused;
}

}  // namespace broker
