#include "broker/controller.h"

#include "base/probe.h"
#include "broker/engine.h"
#include "broker/fresh_id.h"

namespace broker {
namespace {

constexpr std::int32_t kProducerIdBlock = 1000;  // As many as Kafka's brokers take at once.

}  // namespace

Controller::Controller(Node& node, env::Shard& shard, std::unique_ptr<MetadataLog> log)
    : node_(node), shard_(shard), log_(std::move(log)), one_at_a_time_(shard), ids_lock_(shard) {}

config::BrokerOptions Controller::current_options() const {
  return config::broker_options(image()->broker_layers(node_.id, node_.fixed));
}

cluster::Context Controller::context(const config::BrokerOptions& options) {
  return {.image = *image(),
          .options = options,
          .self = node_.id,
          .fixed = node_.fixed,
          .fresh_id = [this] { return fresh_id(shard_); }};
}

env::Task<Result<void>> Controller::register_self(cluster::Broker self) {
  const auto held = co_await one_at_a_time_.lock();
  CO_TRY_VOID(co_await carry_out(cluster::register_broker(*image(), std::move(self))));
  std::vector<cluster::Record> elected = cluster::elect_leaders(*image());
  if (elected.empty()) co_return Result<void>{};
  co_return co_await carry_out(std::move(elected));
}

env::Task<Result<ProducerId>> Controller::next_producer_id() {
  const auto held = co_await ids_lock_.lock();
  if (ids_.count == 0) {
    std::vector<Result<cluster::ProducerIdBlock>> blocks =
        co_await change<cluster::ProducerIdBlock>([](const cluster::Context& context) {
          return cluster::allocate_producer_ids(context, kProducerIdBlock);
        });
    CO_TRY(ids_, std::move(blocks.front()));
  }
  const ProducerId id = ids_.first;
  if (!probe::planted<"a producer id given twice">()) ids_.first = ProducerId{id.value + 1};
  --ids_.count;
  co_return id;
}

env::Task<Result<void>> Controller::carry_out(std::vector<cluster::Record> records) {
  CO_TRY(const cluster::Applied applied, co_await log_->commit(std::move(records)));
  co_return co_await publish(applied);
}

env::Task<Result<void>> Controller::publish(const cluster::Applied& applied) {
  const cluster::ImagePtr image = applied.image;
  const auto delta = std::make_shared<const cluster::Delta>(applied.delta);
  std::vector<env::Task<Result<void>>> tasks;
  for (const std::unique_ptr<Engine>& engine : node_.engines) {
    Engine* const to = engine.get();
    if (!to) continue;  // Before the shards have begun there is nobody to tell.
    tasks.push_back(env::ask<Result<void>>(shard_, to->shard(),
                                           [to, image, delta] { return to->apply(image, delta); }));
  }
  const std::vector<Result<void>> all = co_await env::all(shard_, std::move(tasks));
  for (const Result<void>& one : all) {
    if (!one) co_return one;
  }
  // Checkpoints go by name: what they say of a topic that is gone must not be believed of one that
  // is made under its name, which cannot happen before this returns.
  if (!delta->deleted.empty() && node_.checkpoint) co_return co_await node_.checkpoint();
  co_return Result<void>{};
}

env::Task<Result<void>> Controller::close() {
  const auto held = co_await one_at_a_time_.lock();
  co_return co_await log_->close();
}

}  // namespace broker
