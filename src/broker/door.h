// Who may come in: counts the connections that are open, in all and from each address, and keeps
// out what is more than allowed.
//
// At the limit of all nobody more is accepted until somebody goes: who comes waits in the system's
// queue, and is served then. Beyond the limit of an address its next connection is closed at once,
// as one address must not keep the others waiting. Belongs to the shard that accepts; places come
// back from all shards.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/shard.h"
#include "env/sync.h"
#include "observe/metrics.h"

namespace broker {

class Door : public std::enable_shared_from_this<Door> {
 public:
  struct Most {
    std::size_t in_all = 0;
    std::size_t of_address = 0;
  };
  // What a connection holds while it is open. Null: it may not be.
  using Place = std::shared_ptr<void>;

  // `most` is asked each time, as both limits may change.
  Door(env::Shard& shard, observe::Metrics& metrics, std::function<Most()> most)
      : shard_(shard), metrics_(metrics), most_(std::move(most)), left_(shard) {}

  env::Task<void> wait_for_room();  // Or for shut().
  Place enter(const std::string& host);
  void shut();

  std::size_t open() const { return open_; }

 private:
  struct Limit {
    std::string_view option;
    std::optional<Instant> told_at = {};
  };

  void leave(const std::string& host);
  bool count(Limit& limit);

  env::Shard& shard_;
  observe::Metrics& metrics_;
  std::function<Most()> most_;
  env::Signal left_;
  std::size_t open_ = 0;
  std::map<std::string, std::size_t, std::less<>> by_address_;  // Only of who is there.
  Limit all_{.option = "max.connections"};
  Limit address_{.option = "max.connections.per.ip"};
  bool shut_ = false;
};

}  // namespace broker
