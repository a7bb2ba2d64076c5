// Most Kafka requests are lists whose items succeed or fail one by one. A Triage keeps every item
// in the client's order with its verdict, so that a handler can refuse some and act on the rest.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"

namespace broker {

template <class Item>
class Triage {
 public:
  explicit Triage(std::vector<Item> items) {
    cases_.reserve(items.size());
    for (Item& item : items) cases_.push_back({std::move(item), std::nullopt});
  }

  // Refuses the items still standing for which `reason_to_refuse` gives an error.
  void refuse(auto reason_to_refuse) {
    for (Case& c : cases_) {
      if (!c.verdict) c.verdict = reason_to_refuse(std::as_const(c.item));
    }
  }

  std::vector<Item> standing() const {
    std::vector<Item> items;
    for (const Case& c : cases_) {
      if (!c.verdict) items.push_back(c.item);
    }
    return items;
  }

  // Records how it went for the items that were standing, in their order.
  void settle(std::vector<Error> outcomes) {
    auto outcome = outcomes.begin();
    for (Case& c : cases_) {
      if (c.verdict) continue;
      check(outcome != outcomes.end(), "an item without an outcome");
      c.verdict = std::move(*outcome++);
    }
    check(outcome == outcomes.end(), "an outcome without an item");
  }

  template <class Reply>
  std::vector<Reply> replies(auto to_reply) const {
    std::vector<Reply> replies;
    replies.reserve(cases_.size());
    for (const Case& c : cases_) replies.push_back(to_reply(c.item, c.verdict.value_or(Error{})));
    return replies;
  }

 private:
  struct Case {
    Item item;
    std::optional<Error> verdict;
  };
  std::vector<Case> cases_;
};

}  // namespace broker
