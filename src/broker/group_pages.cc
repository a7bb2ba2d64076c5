#include "broker/group_pages.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

#include "base/similar.h"
#include "broker/coordinator.h"
#include "broker/engine.h"
#include "cluster/names.h"

namespace broker {
namespace {

struct Found {
  std::optional<std::string> page;  // None: the group is not known.
  std::vector<std::string> names;   // Of groups that are.
};

Found find(Engine& engine, const GroupId& group, std::uint64_t after) {
  GroupCoordinator& groups = engine.groups();
  const auto* events = groups.notes().timelines().find(group);
  if (events) return {timeline_json(group, *events, after), {}};
  if (groups.standing(group)) return {timeline_json(group, {}, after), {}};
  return {{}, groups.notes().timelines().names()};
}

env::Task<Found> find_later(Engine& engine, GroupId group, std::uint64_t after) {
  co_return find(engine, group, after);
}

}  // namespace

env::Task<http::Response> timeline_page(const Node& node, env::Shard& here, http::Request request) {
  const GroupId group{request.params["group"]};
  std::uint64_t after = 0;
  if (const auto asked = request.query.find("after"); asked != request.query.end()) {
    const std::string& text = asked->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), after);
    if (error != std::errc{} || end != text.data() + text.size()) {
      co_return http::problem(400, "after is the number of an event, such as ?after=17");
    }
  }
  std::vector<std::string> names;
  for (const std::unique_ptr<Engine>& one : node.engines) {
    Engine* const engine = one.get();
    Found found = co_await env::ask<Found>(here, engine->shard(), [engine, group, after] {
      return find_later(*engine, group, after);
    });
    if (found.page) co_return http::json(*std::move(found.page));
    names.insert(names.end(), found.names.begin(), found.names.end());
  }
  const auto near = most_similar(group.value, names);
  co_return http::problem(
      404, near ? fmt::format("no group '{}' here; did you mean '{}'?", group.value, *near)
                : fmt::format("no group '{}' is coordinated by this node", group.value));
}

}  // namespace broker
