// A group goes over from the classic protocol to the consumer protocol, or back, while its members
// run (KIP-848). Nobody loses what it has: each member keeps its partitions until the group, in its
// new form, takes them away.
//
// It goes over to the consumer protocol with the first member that speaks it, and back when the
// last of them is gone. Which of the two it may do is group.consumer.migration.policy.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "group/groups.h"

namespace group {

// As group.consumer.migration.policy names them; anything else allows nothing.
Migration to_migration(std::string_view policy);

// Whether the group may go over. `beat` is of the member that it would be done for.
bool may_upgrade(const Classic& group, const World& world);
// What it would be then; nothing where what its members have said cannot be read. Its members'
// sessions are armed and whoever waits is told to join again by `upgrade` alone.
std::optional<std::vector<ConsumerChange>> as_consumer_group(const Classic& group,
                                                             const World& world);
Effects upgrade(Groups& groups, const Classic& group, std::vector<ConsumerChange> changes);

bool may_downgrade(const Consumer& group, const World& world);
Effects downgrade(Groups& groups, const Consumer& group, const World& world);

}  // namespace group
