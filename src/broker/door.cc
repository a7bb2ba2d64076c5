#include "broker/door.h"

#include "broker/metrics.h"
#include "observe/log.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSilence = 1min;  // Between two lines about the same limit.
constexpr Duration kLook = 1s;       // The limit itself may have been raised.

}  // namespace

env::Task<void> Door::wait_for_room() {
  bool counted = false;
  while (!shut_ && open_ >= most_().in_all) {
    if (!std::exchange(counted, true) && count(all_)) {
      observe::warn("as many clients are connected as may be; others wait until one goes",
                    {{"open", open_}, {"raise", "max.connections, or ulimit -n"}});
    }
    co_await left_.wait_until(shard_.now() + kLook);
  }
}

Door::Place Door::enter(const std::string& host) {
  if (shut_) return nullptr;
  const auto found = by_address_.find(host);
  if (found != by_address_.end() && found->second >= most_().of_address) {
    if (count(address_)) {
      observe::warn("an address has as many connections as it may; its next was closed",
                    {{"address", host}, {"open", found->second}, {"raise", address_.option}});
    }
    return nullptr;
  }
  ++open_;
  ++by_address_[host];
  // Where a connection ends is not where it was counted, and the door may be gone by then.
  return {this, [door = weak_from_this(), shard = &shard_, host](void*) {
            shard->post([door, host] {
              if (const auto still = door.lock()) still->leave(host);
            });
          }};
}

void Door::leave(const std::string& host) {
  --open_;
  const auto found = by_address_.find(host);
  if (--found->second == 0) by_address_.erase(found);
  left_.notify_all();
}

void Door::shut() {
  shut_ = true;
  left_.notify_all();
}

// Gives whether it is time for another line about it.
bool Door::count(Limit& limit) {
  metrics_.counter(meters::connection_limits_total, {std::string(limit.option)}).add();
  if (limit.told_at && shard_.now() < *limit.told_at + kSilence) return false;
  limit.told_at = shard_.now();
  return true;
}

}  // namespace broker
