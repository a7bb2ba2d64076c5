// What the HTTP listener tells of groups.
#pragma once
#include "broker/node.h"
#include "env/task.h"
#include "http/http.h"

namespace broker {

// GET /v1/groups/{group}/timeline: the group's last events, those with numbers above ?after=N. 404
// for a group that is not known here, with the nearest name that is.
env::Task<http::Response> timeline_page(const Node& node, env::Shard& here, http::Request request);

}  // namespace broker
