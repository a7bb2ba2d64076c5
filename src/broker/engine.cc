#include "broker/engine.h"

#include <algorithm>
#include <set>

#include "broker/coordinator.h"
#include "broker/fresh_id.h"
#include "broker/group_lag.h"
#include "broker/group_notes.h"
#include "broker/metrics.h"
#include "broker/partition_log.h"
#include "broker/share_coordinator.h"
#include "broker/share_leaders.h"
#include "broker/share_requests.h"
#include "broker/transaction_coordinator.h"
#include "broker/transaction_ends.h"
#include "cluster/names.h"
#include "group/migrate.h"
#include "observe/log.h"
#include "store/data_dir.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

constexpr Millis kConnectionCheck = 5s;
constexpr Millis kFlushCheck = 500ms;
constexpr Duration kStuckRequest = 30s;  // Without a byte more.
constexpr Duration kSlowRequest = 5min;  // A request must not take longer to come in.
constexpr Duration kSessionEviction =
    2min;  // As Kafka's min.incremental.fetch.session.eviction.ms.

store::LogOptionsPtr log_options(const config::TopicOptions& topic) {
  store::LogOptions log;
  log.segment_bytes = static_cast<std::uint32_t>(topic.segment_bytes);
  log.segment_ms = topic.segment_age;
  log.segment_index_bytes = static_cast<std::uint32_t>(topic.segment_index_bytes);
  log.index_interval_bytes = static_cast<std::uint32_t>(topic.index_interval_bytes);
  log.deletes = topic.cleanup_delete;
  log.retention_ms = topic.retention.count();
  log.retention_bytes = topic.retention_bytes;
  log.max_message_bytes = static_cast<std::uint32_t>(topic.max_message_bytes);
  log.timestamp_type = topic.timestamp_type == config::TimestampType::LogAppendTime
                           ? wire::TimestampType::LogAppendTime
                           : wire::TimestampType::CreateTime;
  log.durability = topic.durability == config::Durability::PageCache ? store::Durability::PageCache
                                                                     : store::Durability::Disk;
  log.flush_messages = topic.flush_messages;
  log.flush_ms = topic.flush_interval.count();
  return std::make_shared<const store::LogOptions>(log);
}

group::Limits group_limits(const config::BrokerOptions& options) {
  group::Limits limits;
  limits.least_session = options.min_session_timeout;
  limits.most_session = options.max_session_timeout;
  limits.initial_delay = options.initial_rebalance_delay;
  limits.most_members = static_cast<std::size_t>(options.max_group_size);
  limits.most_metadata = static_cast<std::size_t>(options.max_offset_metadata_bytes);
  limits.retention = options.offsets_retention;
  limits.expiry_check = options.offsets_retention_check_interval;
  limits.consumer.session = options.consumer_session_timeout;
  limits.consumer.heartbeat = options.consumer_heartbeat_interval;
  limits.consumer.most_members = static_cast<std::size_t>(options.max_consumer_group_size);
  limits.consumer.assignors = options.consumer_assignors;
  limits.consumer.regex_refresh = options.consumer_regex_refresh;
  limits.share.session = options.share_session_timeout;
  limits.share.heartbeat = options.share_heartbeat_interval;
  limits.share.most_members = static_cast<std::size_t>(options.max_share_group_size);
  limits.consumer.migration = group::to_migration(options.consumer_migration_policy);
  return limits;
}

TransactionCoordinator::Settings transaction_settings(const config::BrokerOptions& options) {
  const config::TransactionOptions& of = options.transactions;
  return {.limits = {.most_timeout = of.max_timeout, .id_expiration = of.id_expiration},
          .timeout_check = of.timeout_check_interval,
          .expiration_check = of.expiration_check_interval};
}

// One shard's share.
GroupNotes::Limits note_limits(const config::BrokerOptions& options, std::size_t shards) {
  const auto series = static_cast<std::size_t>(options.group_metrics_limit);
  return {.timelines = {.events = static_cast<std::size_t>(options.group_timeline_events),
                        .bytes = static_cast<std::size_t>(options.group_timeline_bytes) / shards},
          .series = (series + shards - 1) / shards};
}

void report(const PartitionName& name, const store::RecoveryReport& report) {
  for (const logs::Finding& finding : report.findings) {
    observe::warn("a log was mended", {{"partition", name.folder()}, {"what", to_text(finding)}});
  }
}

group::TopicsChanged to_topics_changed(const cluster::Delta& delta) {
  group::TopicsChanged changed;
  for (const auto* topics : {&delta.created, &delta.changed, &delta.deleted}) {
    for (const cluster::TopicPtr& topic : *topics) changed.names.insert(topic->name);
  }
  return changed;
}

}  // namespace

store::OpenFacts LogFacts::of(const TopicPartition& partition) const {
  const auto offset = [&](const std::map<TopicPartition, Offset>& from) {
    const auto found = from.find(partition);
    return found == from.end() ? Offset{0} : found->second;
  };
  return {
      .clean = clean, .recovery_point = offset(recovery_points), .log_start = offset(log_starts)};
}

Engine::Engine(Node& node, env::Shard& shard, cluster::ImagePtr image)
    : node_(node),
      shard_(shard),
      image_(std::move(image)),
      options_(config::broker_options(image_->broker_layers(node.id, node.fixed))),
      metrics_(node.registry->attach(shard)),
      api_meters_(metrics_),
      budget_(shard, static_cast<std::size_t>(options_.requests_memory) / node.engines.size()),
      fetch_sessions_(
          static_cast<std::size_t>(options_.fetch_session_slots) / node.engines.size() + 1,
          kSessionEviction),
      syncer_(shard),
      cache_(shard.files(), {.files = node.open_files.of_logs_each}),
      notes_(std::make_unique<GroupNotes>(metrics_, note_limits(options_, node.engines.size()))),
      groups_(std::make_unique<GroupCoordinator>(shard, group_limits(options_), *notes_)),
      share_state_(std::make_unique<ShareCoordinator>(
          shard,
          ShareCoordinatorOptions{.updates_per_snapshot = options_.share_updates_per_snapshot,
                                  .prune_interval = options_.share_prune_interval})),
      reach_(std::make_unique<EngineReach>(*this)),
      transactions_(std::make_unique<TransactionCoordinator>(shard, transaction_settings(options_),
                                                             *reach_, metrics_)),
      share_leaders_(std::make_unique<ShareLeaders>(*this)),
      share_sessions_(static_cast<std::size_t>(options_.share_sessions) / node.engines.size() + 1),
      running_(shard),
      stop_(shard) {
  scrape_ = metrics_.at_scrape([this](observe::Snapshot& snapshot) { fill(snapshot); });
  groups_->set_partitions(options_.offsets_partitions);
  groups_->see(image_, {});
}

Engine::~Engine() = default;

bool Engine::owns(const TopicId& topic, PartitionIndex index) const {
  return &node_.owner_of(topic, index) == this;
}

Partition::Home Engine::home() {
  return {.shard = shard_,
          .syncer = syncer_,
          .cache = cache_,
          .data_folder = node_.data_folder,
          .metrics = &metrics_};
}

std::shared_ptr<Partition> Engine::find(const TopicId& topic, PartitionIndex index) const {
  const auto found = partitions_.find(Key{topic, index});
  return found == partitions_.end() ? nullptr : found->second;
}

Engine::TopicSettings& Engine::settings(const cluster::Topic& topic, const cluster::Image& image) {
  TopicSettings& settings = settings_[topic.id];
  if (!settings.options) {
    settings.options = std::make_shared<const config::TopicOptions>(
        config::topic_options(image.topic_layers(topic.name, node_.id, node_.fixed)));
    settings.log = log_options(*settings.options);
  }
  return settings;
}

std::shared_ptr<const config::TopicOptions> Engine::topic_options(const cluster::Topic& topic) {
  return settings(topic, *image_).options;
}

env::Task<Result<void>> Engine::open(std::shared_ptr<const LogFacts> facts) {
  std::vector<cluster::TopicPtr> topics;
  image_->topics.for_each(
      [&](const TopicName&, const cluster::TopicPtr& topic) { topics.push_back(topic); });
  for (const cluster::TopicPtr& topic : topics) {
    CO_TRY_VOID(co_await open_topic(topic, image_, facts));
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Engine::open_topic(cluster::TopicPtr topic, cluster::ImagePtr image,
                                           std::shared_ptr<const LogFacts> facts) {
  for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
    const PartitionIndex index{static_cast<std::int32_t>(i)};
    if (!owns(topic->id, index) || partitions_.contains(Key{topic->id, index})) continue;
    CO_TRY(Partition::Opened opened,
           co_await Partition::open(home(), {topic->name, topic->id, index},
                                    topic->partitions[i].leader_epoch, settings(*topic, *image).log,
                                    facts->of({topic->name, index})));
    report(opened.partition->name(), opened.report);
    if (topic->name == cluster::kOffsetsTopic) {
      groups_->open(index, std::make_shared<PartitionLog>(shard_, opened.partition));
    } else if (topic->name == cluster::kShareStateTopic) {
      share_state_->open(index, std::make_shared<PartitionLog>(shard_, opened.partition));
    } else if (topic->name == cluster::kTransactionsTopic) {
      transactions_->open(index, opened.partition->epoch(),
                          std::make_shared<PartitionLog>(shard_, opened.partition));
    }
    partitions_.emplace(Key{topic->id, index}, std::move(opened.partition));
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Engine::apply(cluster::ImagePtr image,
                                      std::shared_ptr<const cluster::Delta> delta) {
  renew_settings(*delta, *image);
  for (const cluster::TopicPtr& topic : delta->deleted) {
    co_await remove_topic(*topic);
    groups_->forget_topic(topic->name);
  }

  Result<void> opened;
  const auto fresh = std::make_shared<const LogFacts>(LogFacts{.clean = true});
  for (const auto* topics : {&delta->created, &delta->changed}) {
    for (const cluster::TopicPtr& topic : *topics) {
      Result<void> one = co_await open_topic(topic, image, fresh);
      if (!one) opened = std::move(one);
    }
  }
  // Clients see a topic when its partitions are there.
  image_ = std::move(image);
  groups_->see(image_, to_topics_changed(*delta));
  co_return opened;
}

void Engine::renew_settings(const cluster::Delta& delta, const cluster::Image& image) {
  const bool broker_changed = std::ranges::any_of(delta.configs, [](const cluster::Resource& r) {
    return r.type == cluster::ResourceType::Broker;
  });
  if (broker_changed) {
    options_ = config::broker_options(image.broker_layers(node_.id, node_.fixed));
    settings_.clear();
  }
  std::set<TopicId> changed;
  for (const cluster::Resource& resource : delta.configs) {
    if (resource.type != cluster::ResourceType::Topic) continue;
    const cluster::Topic* topic = image.find(TopicName{resource.name});
    if (topic) changed.insert(topic->id);
  }
  for (const TopicId& id : changed) settings_.erase(id);
  for (const cluster::TopicPtr& topic : delta.deleted) settings_.erase(topic->id);

  if (!broker_changed && changed.empty()) return;
  for (const auto& [key, partition] : partitions_) {
    const cluster::Topic* topic = image.find(key.topic);
    if (topic && (broker_changed || changed.contains(key.topic))) {
      partition->log().set_options(settings(*topic, image).log);
    }
  }
}

env::Task<void> Engine::remove_topic(const cluster::Topic& topic) {
  // Not yet the new image: the topic's own settings are in the one that still has it.
  const Millis delay =
      config::topic_options(image_->topic_layers(topic.name, node_.id, node_.fixed))
          .file_delete_delay;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    const PartitionIndex index{static_cast<std::int32_t>(i)};
    const auto found = partitions_.find(Key{topic.id, index});
    if (found == partitions_.end()) continue;
    const std::shared_ptr<Partition> partition = found->second;
    partitions_.erase(found);
    if (topic.name == cluster::kOffsetsTopic) groups_->close(index);
    if (topic.name == cluster::kShareStateTopic) share_state_->close(index);
    if (topic.name == cluster::kTransactionsTopic) transactions_->close(index);
    share_leaders_->forget_partition(topic.id, index);

    const Result<std::string> folder = co_await partition->remove(fresh_id(shard_));
    if (!folder) {
      observe::error("a deleted partition's folder could not be set aside",
                     {{"partition", partition->name().folder()}, {"why", folder.error()}});
    } else if (!folder->empty()) {
      running_.spawn(delete_folder_later(*folder, delay));
    }
  }
}

env::Task<void> Engine::delete_folder_later(std::string folder, Millis delay) {
  // At shutdown the folder stays; the next start deletes what ends in "-delete".
  const bool rested = co_await rest(delay);
  if (!rested) co_return;
  const Result<void> removed = store::remove_folder(shard_.files(), folder);
  if (!removed) {
    observe::warn("a deleted partition's folder is still there",
                  {{"folder", folder}, {"why", removed.error()}});
  }
}

void Engine::serve(env::ConnectionPtr socket, std::uint64_t id, Door::Place place) {
  if (stopping_) return;
  auto connection = std::make_shared<ClientConnection>(*this, std::move(socket), id);
  connections_.emplace(id, connection);
  metrics_.counter(meters::connections_total).add();
  running_.spawn(run_connection(std::move(connection), std::move(place)));
}

// Keeps its place until it has ended.
env::Task<void> Engine::run_connection(std::shared_ptr<ClientConnection> connection, Door::Place) {
  const std::uint64_t id = connection->client().connection;
  co_await connection->serve();
  connections_.erase(id);
  const auto sessions = share_sessions_of_.extract(id);
  if (sessions.empty()) co_return;
  for (const ShareSessionKey& session : sessions.mapped()) {
    co_await end_share_session(*this, session, id);
  }
}

void Engine::note_share_session(std::uint64_t connection, ShareSessionKey session) {
  share_sessions_of_[connection].insert(std::move(session));
}

void Engine::note_hang_up(const ClientFacts& client, const std::string& why) {
  metrics_.counter(meters::hang_ups_total).add();
  observe::info(
      "hung up on a client",
      {{"client", env::to_text(client.peer)}, {"software", client.software}, {"why", why}});
}

// Sleeps, but not beyond a shutdown: then false.
env::Task<bool> Engine::rest(Millis duration) {
  // Options go up to the largest of numbers, for never: more than the clock can count to.
  constexpr Millis kNever = std::chrono::hours(24 * 365 * 100);
  const Instant until = shard_.now() + std::min(duration, kNever);
  while (!stopping_ && shard_.now() < until) co_await stop_.wait_until(until);
  co_return !stopping_;
}

void Engine::start() {
  running_.spawn(watch_connections());
  running_.spawn(run_retention());
  running_.spawn(run_producer_expiry());
  running_.spawn(run_flushes());
  running_.spawn(run_group_lag());
}

// Of topics that leave syncing to flush.ms.
env::Task<void> Engine::run_flushes() {
  while (true) {
    const bool rested = co_await rest(kFlushCheck);
    if (!rested) co_return;
    for (const auto& [key, partition] : partitions_) partition->log().flush_if_due(shard_.now());
  }
}

env::Task<void> Engine::watch_connections() {
  while (true) {
    const bool rested = co_await rest(kConnectionCheck);
    if (!rested) co_return;
    const Instant now = shard_.now();
    const Instant idle{(now - Instant{}) - options_.max_idle};
    const Instant stuck{(now - Instant{}) - kStuckRequest};
    const Instant slow{(now - Instant{}) - kSlowRequest};
    for (const auto& [id, connection] : connections_) {
      if (connection->stuck_since(stuck) || connection->slow_since(slow)) {
        connection->abort("a request did not come in whole: nothing for 30 s, or not within 5 min");
      } else if (connection->idle_since(idle)) {
        connection->abort("idle for longer than connections.max.idle.ms");
      }
    }
    sweep_watches();
  }
}

void Engine::sweep_watches() {
  std::erase_if(watches_, [](const Watch& watch) { return watch.fetch.expired(); });
}

void Engine::wake_watches(std::uint64_t connection) {
  for (const Watch& watch : watches_) {
    if (watch.connection != connection) continue;
    if (const auto fetch = watch.fetch.lock()) fetch->wake();
  }
}

env::Task<void> Engine::run_retention() {
  while (true) {
    const bool rested = co_await rest(options_.retention_check_interval);
    if (!rested) co_return;
    std::vector<std::shared_ptr<Partition>> held;
    for (const auto& [key, partition] : partitions_) held.push_back(partition);
    for (const std::shared_ptr<Partition>& partition : held) {
      const Result<store::Removed> removed = co_await partition->apply_retention(shard_.wall());
      if (!removed) {
        observe::warn("retention failed",
                      {{"partition", partition->name().folder()}, {"why", removed.error()}});
      } else if (removed->segments > 0) {
        observe::info("segments outlived their retention",
                      {{"partition", partition->name().folder()},
                       {"segments", removed->segments},
                       {"bytes", removed->bytes},
                       {"log_start", removed->log_start}});
      }
    }
  }
}

env::Task<void> Engine::run_producer_expiry() {
  while (true) {
    const bool rested = co_await rest(options_.producer_id_expiration_check_interval);
    if (!rested) co_return;
    for (const auto& [key, partition] : partitions_) {
      partition->expire_producers(shard_.wall(), options_.producer_id_expiration);
    }
  }
}

env::Task<void> Engine::run_group_lag() {
  while (true) {
    const bool rested = co_await rest(options_.group_lag_interval);
    if (!rested) co_return;
    co_await look_at_groups(*this);
  }
}

env::Task<void> Engine::stop_serving(Duration grace) {
  stopping_ = true;
  stop_.notify_all();
  for (const Watch& watch : watches_) {
    if (const auto fetch = watch.fetch.lock()) fetch->wake();
  }
  for (const auto& [id, connection] : connections_) connection->drain();
  share_leaders_->forget_all();
  co_await transactions_->shutdown();
  co_await groups_->shutdown();
  co_await share_state_->shutdown();
  const Instant deadline = shard_.now() + grace;
  while (!connections_.empty() && shard_.now() < deadline) co_await shard_.sleep(5ms);
  for (const auto& [id, connection] : connections_) {
    connection->abort("its requests did not end before the shutdown");
  }
  co_await running_.drain();
}

env::Task<Result<void>> Engine::close_logs() {
  Result<void> all;
  for (const auto& [key, partition] : std::exchange(partitions_, {})) {
    Result<void> one = co_await partition->close();
    if (!one) all = std::move(one);
  }
  co_return all;
}

void Engine::fill(observe::Snapshot& snapshot) {
  const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  std::map<TopicName, std::int64_t> sizes;
  std::map<TopicName, Partition::StableLag> lags;
  std::int64_t segments = 0;
  std::int64_t offline = 0;
  for (const auto& [key, partition] : partitions_) {
    sizes[partition->name().topic] += number(partition->log().size_bytes());
    segments += number(partition->log().segment_count());
    offline += partition->log().offline() ? 1 : 0;
    const Partition::StableLag lag = partition->stable_lag(shard_.wall());
    if (lag.records == 0) continue;
    Partition::StableLag& of_topic = lags[partition->name().topic];
    of_topic.records += lag.records;
    of_topic.age = std::max(of_topic.age, lag.age);
  }
  for (const auto& [topic, lag] : lags) {
    snapshot.add(meters::last_stable_lag_records, {topic.value}, lag.records);
    snapshot.add(meters::last_stable_lag_seconds, {topic.value},
                 observe::Snapshot::Greatest{lag.age.count() / 1000});
  }
  for (const auto& [topic, size] : sizes) snapshot.add(meters::log_bytes, {topic.value}, size);
  snapshot.add(meters::log_segments, {}, segments);
  snapshot.add(meters::partitions_offline, {}, offline);
  snapshot.add(meters::partitions, {}, number(partitions_.size()));
  snapshot.add(meters::connections, {}, number(connections_.size()));
  snapshot.add(meters::open_files, {}, number(cache_.open_files()));
  snapshot.add(meters::syncs_total, {}, number(syncer_.syncs()));
  snapshot.add(meters::sync_failures_total, {}, number(syncer_.failures()));
  snapshot.add(meters::fetch_sessions, {}, number(fetch_sessions_.size()));
  snapshot.add(meters::request_memory_bytes, {}, number(budget_.used()));
  snapshot.add(meters::request_memory_waiters, {}, number(budget_.waiting()));
  groups_->fill(snapshot);
  transactions_->fill(snapshot);
}

}  // namespace broker
