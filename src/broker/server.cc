#include "broker/server.h"

#include "base/probe.h"
#include "broker/controller.h"
#include "broker/engine.h"
#include "broker/fresh_id.h"
#include "broker/group_meters.h"
#include "broker/group_pages.h"
#include "broker/metrics.h"
#include "broker/transaction_meters.h"
#include "cluster/names.h"
#include "log/names.h"
#include "observe/log.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGrace = 10s;  // For requests under way at a shutdown.

// Runs a task on every engine's shard, all at once.
template <class T, class Make>
env::Task<std::vector<T>> on_all(env::Shard& here, const Node& node, Make make) {
  std::vector<env::Task<T>> tasks;
  for (const std::unique_ptr<Engine>& one : node.engines) {
    Engine* const engine = one.get();
    tasks.push_back(env::ask<T>(here, engine->shard(), [engine, make] { return make(*engine); }));
  }
  co_return co_await env::all(here, std::move(tasks));
}

struct Offsets {
  logs::OffsetCheckpoint recovery_points;
  logs::OffsetCheckpoint log_starts;
};

env::Task<Offsets> offsets_of(Engine& engine) {
  Offsets offsets;
  engine.for_each_partition([&](Partition& partition) {
    const TopicPartition name{partition.name().topic, partition.name().index};
    if (partition.log().segment_count() > 0) {
      offsets.recovery_points.emplace(name, partition.log().recovery_point());
    }
    if (partition.log_start() > Offset{0}) offsets.log_starts.emplace(name, partition.log_start());
  });
  co_return offsets;
}

env::Task<bool> stop_serving(Engine& engine) {
  co_await engine.stop_serving(kGrace);
  co_return true;
}

// Says on a second line what to do about an address that cannot be served at.
Error with_hint(Error error, const std::string& option) {
  error.detail += "\ngive another address with " + option + " HOST:PORT; port 0 picks a free one";
  return error;
}

env::Task<http::Response> respond(http::Response response) { co_return response; }

env::Task<http::Response> metrics_page(observe::Registry& registry, env::Shard& shard) {
  http::Response response;
  response.body = co_await registry.scrape(shard);
  response.headers.push_back({"Content-Type", "text/plain; version=0.0.4; charset=utf-8"});
  co_return response;
}

}  // namespace

std::vector<observe::MetricTable> metric_tables() {
  return {meters::kMetrics, meters::kGroupMetrics, meters::kTransactionMetrics};
}

Server::Server(std::vector<env::Shard*> shards, config::Pairs fixed, OpenFiles open_files)
    : shards_(std::move(shards)),
      shard_(*shards_.front()),
      options_(config::broker_options({.fixed = &fixed})),
      registry_(metric_tables()),
      running_(shard_),
      stopping_signal_(shard_),
      checkpointing_(shard_) {
  node_.id = options_.node_id;
  node_.data_folder = options_.data_dir;
  node_.fixed = std::move(fixed);
  node_.registry = &registry_;
  node_.open_files = open_files;
  http_ = std::make_unique<http::Server>(shard_, http::Limits{});
}

Server::~Server() = default;

env::Task<Result<void>> Server::start() {
  // A port that is taken or a folder that is not ours is found out before anything is changed.
  CO_TRY_VOID(listen());
  CO_TRY_VOID(co_await open_storage());
  CO_TRY_VOID(co_await node_.controller->register_self(self()));
  CO_TRY_VOID(co_await start_engines(node_.controller->image()));
  route_http();
  CO_TRY(const env::Address http_address, env::parse_address(options_.http_listener));
  const Result<void> http_listens = http_->listen(http_address);
  if (!http_listens) co_return fail(with_hint(http_listens.error(), "--http"));
  serving_ = true;
  door_ = std::make_shared<Door>(shard_, node_.engines.front()->metrics(), [this] {
    const config::BrokerOptions& now = node_.engines.front()->options();
    return Door::Most{.in_all = std::min(static_cast<std::size_t>(now.max_connections),
                                         node_.open_files.connections),
                      .of_address = static_cast<std::size_t>(now.max_connections_per_address)};
  });
  scrape_ = node_.engines.front()->metrics().at_scrape(
      [this](observe::Snapshot& snapshot) { count_metadata(snapshot); });
  running_.spawn(accept_connections());
  running_.spawn(checkpoint_often());
  co_return Result<void>{};
}

Result<void> Server::listen() {
  const env::Address at = TRY(env::parse_address(options_.listener));
  Result<std::unique_ptr<env::Listener>> listener = shard_.network().listen(at);
  if (!listener) return fail(with_hint(listener.error(), "--kafka"));
  listener_ = std::move(*listener);
  node_.listener = listener_->local();
  if (!options_.advertised_listener.empty()) {
    node_.advertised = TRY(env::parse_address(options_.advertised_listener));
  }
  return {};
}

env::Task<Result<void>> Server::open_storage() {
  CO_TRY(data_,
         co_await store::open_data_dir(shard_.files(), options_.data_dir,
                                       {.node_id = node_.id,
                                        .cluster_id = std::nullopt,
                                        .fresh_cluster_id = to_text(fresh_id(shard_)),
                                        .fresh_directory_id = DirectoryId{fresh_id(shard_)}}));
  report_data_dir();
  node_.cluster_id = data_.meta.cluster_id;
  node_.directory = data_.meta.directory_id.value_or(DirectoryId{fresh_id(shard_)});
  syncer_ = std::make_unique<store::Syncer>(shard_);
  cache_ = std::make_unique<store::FileCache>(shard_.files(), store::FileCache::Limits{});
  const auto recovery = data_.recovery_points.find({cluster::kMetadataTopic, {}});
  CO_TRY(
      std::unique_ptr<MetadataLog> log,
      co_await MetadataLog::open(
          {.shard = shard_,
           .syncer = *syncer_,
           .cache = *cache_,
           .data_folder = data_.path,
           .segment_bytes = options_.metadata_segment_bytes,
           .bytes_between_snapshots = options_.metadata_bytes_between_snapshots,
           .clean = data_.clean,
           .recovery_point = recovery == data_.recovery_points.end() ? Offset{0} : recovery->second,
           .snapshot_interval = options_.metadata_snapshot_interval}));
  node_.controller = std::make_unique<Controller>(node_, shard_, std::move(log));
  co_return Result<void>{};
}

void Server::report_data_dir() {
  for (const std::string& why : data_.unreadable) {
    // Without recovery points more is checked; without log starts deleted records may come back.
    observe::warn("a checkpoint could not be read and counts as empty", {{"why", why}});
  }
  for (const std::string& folder : data_.deleted) {
    const Result<void> removed = store::remove_folder(shard_.files(), folder);
    if (!removed) {
      observe::warn("a deleted partition's folder is still there", {{"why", removed.error()}});
    }
  }
}

cluster::Broker Server::self() const {
  const env::Address& reach = node_.advertised.host.empty() ? node_.listener : node_.advertised;
  cluster::Broker self;
  self.id = node_.id;
  self.endpoints.push_back({.name = "PLAINTEXT", .host = reach.host, .port = reach.port});
  if (!options_.rack.empty()) self.rack = options_.rack;
  self.fenced = false;
  self.directories = {node_.directory};
  return self;
}

env::Task<Result<void>> Server::start_engines(cluster::ImagePtr image) {
  CO_TRY_VOID(co_await set_strays_aside(*image));
  node_.engines.resize(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    node_.engines[i] = std::make_unique<Engine>(node_, *shards_[i], image);
  }
  const auto facts =
      std::make_shared<const LogFacts>(LogFacts{.clean = data_.clean,
                                                .recovery_points = data_.recovery_points,
                                                .log_starts = data_.log_starts});
  const std::vector<Result<void>> opened = co_await on_all<Result<void>>(
      shard_, node_, [facts](Engine& engine) { return engine.open(facts); });
  for (const Result<void>& one : opened) {
    if (!one) co_return one;
  }
  for (const std::unique_ptr<Engine>& engine : node_.engines) {
    engine->shard().post([e = engine.get()] { e->start(); });
  }
  node_.checkpoint = [this] { return checkpoint(); };
  // What the last checkpoints say of topics that were deleted just before a crash goes now.
  co_return co_await checkpoint();
}

// A folder that the metadata does not know (its topic was deleted, or made anew, before a crash) is
// kept under another name: it may be the only copy of something.
env::Task<Result<void>> Server::set_strays_aside(const cluster::Image& image) {
  for (const TopicPartition& name : data_.partitions) {
    if (name.topic == cluster::kMetadataTopic) continue;
    const std::string path = data_.path + "/" + logs::partition_folder(name);
    const cluster::Topic* topic = image.find(name.topic);
    const Result<ByteVector> file =
        co_await env::read_file(shard_.files(), path + "/" + std::string(logs::kPartitionMetadata));
    const Result<TopicId> id =
        file ? logs::parse_partition_metadata(as_text(*file)) : Result<TopicId>(fail(file.error()));
    const bool ours = topic && topic->find(name.partition) && (!id || *id == topic->id);
    if (ours) continue;
    probe::reached<"start: a stray folder set aside">();
    const std::string aside = path + "." + to_text(fresh_id(shard_)) + "-stray";
    CO_TRY_VOID(shard_.files().rename(path, aside));
    observe::warn("a folder belongs to no partition and was set aside",
                  {{"folder", path}, {"now", aside}});
  }
  co_return Result<void>{};
}

void Server::route_http() {
  http_->route("GET", "/healthz", [](http::Request) { return respond(http::text("ok\n")); });
  http_->route("GET", "/readyz", [this](http::Request) {
    return respond(serving_ ? http::text("ready\n") : http::text("not ready\n", 503));
  });
  http_->route("GET", "/metrics",
               [this](http::Request) { return metrics_page(registry_, shard_); });
  http_->route("GET", "/v1/groups/{group}/timeline", [this](http::Request request) {
    return timeline_page(node_, shard_, std::move(request));
  });
}

// The metadata log is a log like the others, but no engine's.
void Server::count_metadata(observe::Snapshot& snapshot) const {
  snapshot.add(meters::syncs_total, {}, static_cast<std::int64_t>(syncer_->syncs()));
  snapshot.add(meters::sync_failures_total, {}, static_cast<std::int64_t>(syncer_->failures()));
  snapshot.add(meters::partitions_offline, {},
               std::int64_t{node_.controller && node_.controller->offline()});
}

env::Task<void> Server::accept_connections() {
  for (std::uint64_t id = 1;; ++id) {
    co_await door_->wait_for_room();
    Result<std::unique_ptr<env::Accepted>> accepted = co_await listener_->accept();
    if (!accepted) co_return;
    Door::Place place = door_->enter((*accepted)->peer().host);
    if (!place) continue;
    Engine* const engine = node_.engines[id % node_.engines.size()].get();
    engine->shard().post(
        [engine, id, taken = std::move(*accepted), place = std::move(place)]() mutable {
          Result<env::ConnectionPtr> socket = engine->shard().network().adopt(std::move(taken));
          if (socket) engine->serve(std::move(*socket), id, std::move(place));
        });
  }
}

env::Task<void> Server::checkpoint_often() {
  while (!stopping_) {
    const Instant next = shard_.now() + options_.recovery_point_interval;
    while (!stopping_ && shard_.now() < next) co_await stopping_signal_.wait_until(next);
    if (stopping_) co_return;
    const Result<void> written = co_await checkpoint();
    if (!written) observe::warn("a checkpoint could not be written", {{"why", written.error()}});
  }
}

env::Task<Result<void>> Server::checkpoint() {
  // One at a time, so that what is written last was also gathered last.
  const auto held = co_await checkpointing_.lock();
  std::vector<Offsets> all = co_await on_all<Offsets>(shard_, node_, &offsets_of);
  Offsets merged;
  for (Offsets& one : all) {
    merged.recovery_points.merge(one.recovery_points);
    merged.log_starts.merge(one.log_starts);
  }
  merged.recovery_points.emplace(TopicPartition{cluster::kMetadataTopic, {}},
                                 node_.controller->recovery_point());
  env::Files& files = shard_.files();
  CO_TRY_VOID(
      co_await store::write_recovery_points(files, data_.path, std::move(merged.recovery_points)));
  co_return co_await store::write_log_starts(files, data_.path, std::move(merged.log_starts));
}

cluster::ImagePtr Server::image() const { return node_.controller->image(); }

env::Task<void> Server::stop() {
  const bool served = std::exchange(serving_, false);
  stopping_ = true;
  stopping_signal_.notify_all();
  if (listener_) listener_->close();
  if (door_) door_->shut();
  co_await running_.drain();

  Result<void> all;
  if (!node_.engines.empty()) {
    co_await on_all<bool>(shard_, node_, &stop_serving);
    // After a start that failed, what was not opened would be left out.
    Result<void> noted;
    if (served) noted = co_await checkpoint();
    const std::vector<Result<void>> closed = co_await on_all<Result<void>>(
        shard_, node_, [](Engine& engine) { return engine.close_logs(); });
    all = noted;
    for (const Result<void>& one : closed) {
      if (!one) all = one;
    }
  }
  if (node_.controller) {
    const Result<void> closed = co_await node_.controller->close();
    if (!closed) all = closed;
    node_.controller.reset();
  }
  if (served && all) all = co_await store::mark_clean(shard_.files(), data_.path);
  if (!all) {
    observe::error("the shutdown was not clean; the next start checks the logs",
                   {{"why", all.error()}});
  }
  co_await http_->stop();
}

}  // namespace broker
