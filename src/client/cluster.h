// A Kafka cluster as a client sees it: its brokers, and a conversation with each where one is
// needed. Requests go where they must: to any broker, to the controller, to a partition's leader,
// to a group's coordinator. Belongs to one shard; one request at a time.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/connection.h"
#include "env/sync.h"

namespace client {

struct Broker {
  BrokerId id;
  env::Address address;
  std::optional<std::string> rack;
  bool fenced = false;  // Known to the controller, and not serving.
  bool operator==(const Broker&) const = default;
};

class Cluster {
 public:
  // Reaches the first of `bootstrap` that answers and learns the brokers from it.
  static env::Task<Result<std::unique_ptr<Cluster>>> open(env::Shard& shard,
                                                          std::vector<env::Address> bootstrap,
                                                          Settings settings);

  const std::vector<Broker>& brokers() const { return brokers_; }
  const std::optional<std::string>& id() const { return id_; }
  BrokerId controller_id() const { return controller_; }
  env::Shard& shard() { return shard_; }
  Settings settings() const { return settings_; }

  // The broker that was reached first. It answers what every broker can.
  Connection& any() { return *first_; }
  env::Task<Result<Connection*>> controller();
  env::Task<Result<Connection*>> broker(BrokerId id);

  // Waits, for as long as one request may take, until a coordinator is there.
  env::Task<Result<Connection*>> coordinator(GroupId group);
  env::Task<Result<Connection*>> coordinator(TransactionalId id);

 private:
  Cluster(env::Shard& shard, Settings settings) : shard_(shard), settings_(std::move(settings)) {}
  env::Task<Result<void>> learn_brokers();
  // What a coordinator is asked for by, and how people call it.
  struct Key {
    std::int8_t type;
    std::string name;
    std::string_view what;
  };
  env::Task<Result<Broker>> find_coordinator(const Key& key);
  env::Task<Result<Connection*>> coordinator(Key key);

  env::Shard& shard_;
  Settings settings_;
  std::unique_ptr<Connection> first_;
  std::vector<Broker> brokers_;
  std::optional<std::string> id_;
  BrokerId controller_{-1};
  std::map<BrokerId, std::unique_ptr<Connection>> connections_;
};

// "an error the broker gave" as one sentence: its message where there is one, else the code's text.
Error broker_error(ErrorCode code, const std::optional<std::string>& message,
                   std::string_view what);

}  // namespace client
