#include "client/cluster.h"

#include <algorithm>

#include "wire/003_metadata.h"
#include "wire/010_find_coordinator.h"

namespace client {

namespace {

constexpr Millis kRetryPause{200};

Result<env::Address> address_of(const std::string& host, std::int32_t port) {
  if (port < 1 || port > 65535 || host.empty()) {
    return fail(ErrorCode::NetworkException,
                fmt::format("a broker gives its address as '{}:{}'", host, port));
  }
  return env::Address{host, static_cast<std::uint16_t>(port)};
}

}  // namespace

Error broker_error(ErrorCode code, const std::optional<std::string>& message,
                   std::string_view what) {
  const std::string_view why =
      message && !message->empty() ? std::string_view(*message) : text_of(code);
  return {code, fmt::format("{}: {} ({})", what, why, name_of(code))};
}

env::Task<Result<std::unique_ptr<Cluster>>> Cluster::open(env::Shard& shard,
                                                          std::vector<env::Address> bootstrap,
                                                          Settings settings) {
  std::unique_ptr<Cluster> cluster(new Cluster(shard, std::move(settings)));
  Error last{ErrorCode::InvalidRequest, "no broker address was given"};
  for (const env::Address& address : bootstrap) {
    Result<std::unique_ptr<Connection>> reached =
        co_await Connection::open(shard, address, cluster->settings_);
    if (!reached) {
      last = std::move(reached).error();
      continue;
    }
    cluster->first_ = *std::move(reached);
    CO_TRY_VOID(co_await cluster->learn_brokers());
    co_return cluster;
  }
  co_return fail(std::move(last));
}

env::Task<Result<void>> Cluster::learn_brokers() {
  // No topics: from version 1 on an empty list, before that an empty list means all.
  wire::MetadataRequest request;
  request.topics.emplace();
  request.allow_auto_topic_creation = false;
  CO_TRY(const wire::MetadataResponse response,
         co_await first_->ask(std::move(request), wire::read_metadata_response));
  brokers_.clear();
  for (const auto& broker : response.brokers) {
    CO_TRY(env::Address address, address_of(broker.host, broker.port));
    brokers_.push_back({broker.node_id, std::move(address), broker.rack, false});
  }
  std::ranges::sort(brokers_, {}, &Broker::id);
  id_ = response.cluster_id;
  controller_ = response.controller_id;
  co_return Result<void>{};
}

env::Task<Result<Connection*>> Cluster::controller() {
  // Where none is known the broker that we have says so in its answer.
  if (controller_.value < 0) co_return first_.get();
  co_return co_await broker(controller_);
}

env::Task<Result<Connection*>> Cluster::broker(BrokerId id) {
  if (const auto open = connections_.find(id); open != connections_.end())
    co_return open->second.get();
  const auto known = std::ranges::find(brokers_, id, &Broker::id);
  if (known == brokers_.end()) {
    co_return fail(ErrorCode::BrokerNotAvailable,
                   fmt::format("the cluster has no broker {} now", id.value));
  }
  // A broker that is reached under the name it gives itself needs no second conversation.
  if (known->address == first_->address()) co_return first_.get();
  Result<std::unique_ptr<Connection>> opened =
      co_await Connection::open(shard_, known->address, settings_);
  if (!opened) {
    Error error = std::move(opened).error();
    error.detail =
        fmt::format("broker {}: {}", id.value, error.detail.substr(0, error.detail.find('\n')));
    error.detail += fmt::format(
        "\nThe cluster gives this as its address (advertised.listeners); {} did answer.",
        to_text(first_->address()));
    co_return fail(std::move(error));
  }
  Connection* connection = opened->get();
  connections_[id] = *std::move(opened);
  co_return connection;
}

env::Task<Result<Broker>> Cluster::find_coordinator(const Key& key) {
  CO_TRY(const wire::Version version, first_->common_version(wire::FindCoordinatorRequest::api));
  wire::FindCoordinatorRequest request;
  const bool many = version >= 4;
  request.key_type = key.type;
  if (many) request.coordinator_keys = {key.name};
  if (!many) request.key = key.name;
  CO_TRY(const wire::FindCoordinatorResponse response,
         co_await first_->ask(std::move(request), wire::read_find_coordinator_response));
  Broker found;
  ErrorCode error = response.error_code;
  std::string host = response.host;
  std::int32_t port = response.port;
  found.id = response.node_id;
  if (many) {
    if (response.coordinators.size() != 1) {
      co_return fail(ErrorCode::UnknownServerError, "the broker names no coordinator");
    }
    const auto& one = response.coordinators.front();
    error = one.error_code;
    host = one.host;
    port = one.port;
    found.id = one.node_id;
  }
  if (error != ErrorCode::None) {
    co_return fail(
        broker_error(error, {}, fmt::format("no coordinator for {} '{}'", key.what, key.name)));
  }
  CO_TRY(found.address, address_of(host, port));
  co_return found;
}

env::Task<Result<Connection*>> Cluster::coordinator(GroupId group) {
  return coordinator(Key{0, std::move(group.value), "group"});
}

env::Task<Result<Connection*>> Cluster::coordinator(TransactionalId id) {
  return coordinator(Key{1, std::move(id.value), "transactional id"});
}

env::Task<Result<Connection*>> Cluster::coordinator(Key key) {
  const Instant deadline = shard_.now() + settings_.timeout;
  for (;;) {
    Result<Broker> found = co_await find_coordinator(key);
    if (found) {
      if (std::ranges::find(brokers_, found->id, &Broker::id) == brokers_.end())
        brokers_.push_back(*found);
      co_return co_await broker(found->id);
    }
    // A cluster that was never asked for one makes the topic first that it keeps them in.
    if (!is_retriable(found.error().code) || shard_.now() >= deadline ||
        found.error().code == ErrorCode::NetworkException) {
      co_return fail(std::move(found).error());
    }
    co_await shard_.sleep(kRetryPause);
  }
}

}  // namespace client
