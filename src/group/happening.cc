#include "group/happening.h"

namespace group {

std::string_view to_text(HappeningKind kind) {
  switch (kind) {
    case HappeningKind::Joined:
      return "joined";
    case HappeningKind::Left:
      return "left";
    case HappeningKind::TimedOut:
      return "timed out";
    case HappeningKind::Fenced:
      return "fenced";
    case HappeningKind::Replaced:
      return "replaced";
    case HappeningKind::SubscriptionChanged:
      return "subscription changed";
    case HappeningKind::TopicsChanged:
      return "topics changed";
    case HappeningKind::Rebalancing:
      return "rebalancing";
    case HappeningKind::Rebalanced:
      return "rebalanced";
    case HappeningKind::AssignmentChanged:
      return "assignment changed";
    case HappeningKind::BecameEmpty:
      return "became empty";
    case HappeningKind::Migrated:
      return "migrated";
    case HappeningKind::Loaded:
      return "loaded";
  }
  return "unknown";
}

std::string place_of(const std::string& client_id, const std::string& client_host,
                     const std::optional<InstanceId>& instance) {
  return "client " + client_id + " at " + client_host +
         (instance ? ", instance " + instance->value : "");
}

}  // namespace group
