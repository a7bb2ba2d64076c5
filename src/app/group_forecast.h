// What would become of a group's partitions if members came or went: computed by the assignors
// themselves, from what the members have now. Nothing is changed by it.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/groups.h"
#include "client/topics.h"

namespace app {

struct Scenario {
  int come = 0;  // So many members, each subscribed to all that the group subscribes to.
  int go = 0;    // Those that have most: nobody can say which will go, and more cannot move.
  std::set<MemberId> without = {};
};

struct ForecastMove {
  TopicPartition partition;
  std::optional<MemberId> from = {};  // None: nobody reads it now.
  std::optional<MemberId> to = {};    // None: nobody would.
  bool operator==(const ForecastMove&) const = default;
};

struct Forecast {
  std::string assignor = {};
  std::vector<MemberId> gone = {};
  std::vector<MemberId> came = {};  // With names made up: "new-1".
  std::vector<ForecastMove> moves = {};
  std::size_t partitions = 0;  // That the group reads or ought to read.
  std::map<MemberId, std::size_t> before = {};
  std::map<MemberId, std::size_t> after = {};
};

// The assignors it knows. Those of classic groups run in a client, the leader; "range" and
// "roundrobin" do what they do in Java, and the sticky ones count as "uniform".
std::vector<std::string> known_assignors();

// `racks` are those of the brokers that have any. Errors: an assignor that is not known, more
// members gone than there are.
Result<Forecast> forecast(const client::GroupInfo& group,
                          const std::vector<client::TopicInfo>& topics,
                          const std::map<BrokerId, std::string>& racks, const std::string& assignor,
                          const Scenario& scenario);

}  // namespace app
