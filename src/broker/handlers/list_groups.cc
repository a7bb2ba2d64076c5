// Lists the groups that this broker coordinates.
#include "wire/016_list_groups.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::ListGroupsRequest;
using Response = wire::ListGroupsResponse;

env::Task<Response> list_here(Engine& engine, Request request) {
  co_return engine.groups().list(request);
}

}  // namespace

env::Task<Response> list_groups(Call& call, Request request) {
  std::vector<env::Task<Response>> tasks;
  for (const auto& engine : call.engine().node().engines) {
    Engine* const at = engine.get();
    tasks.push_back(
        call.on<Response>(at->shard(), [at, request] { return list_here(*at, request); }));
  }
  std::vector<Response> parts = co_await env::all(call.shard(), std::move(tasks));
  Response response;
  for (Response& part : parts) {
    if (part.error_code != ErrorCode::None) response.error_code = part.error_code;
    for (auto& group : part.groups) response.groups.push_back(std::move(group));
  }
  co_return response;
}

}  // namespace broker
