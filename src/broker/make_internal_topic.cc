#include "broker/make_internal_topic.h"

#include "broker/at_controller.h"
#include "cluster/names.h"

namespace broker {
namespace {

env::Task<Result<void>> make(Call& call, cluster::NewTopic topic) {
  if (call.engine().image()->find(topic.name)) co_return Result<void>{};
  topic.internal = true;
  const std::vector<cluster::NewTopic> wanted{std::move(topic)};
  const std::vector<cluster::NewTopic>* const topics = &wanted;
  const std::vector<Result<cluster::CreatedTopic>> made =
      co_await at_controller<cluster::CreatedTopic>(
          call,
          [topics](const cluster::Context& context) {
            return cluster::create_topics(context, *topics);
          },
          false);
  const Result<cluster::CreatedTopic>& outcome = made.at(0);
  if (outcome || outcome.error().code == ErrorCode::TopicAlreadyExists) co_return Result<void>{};
  co_return fail(ErrorCode::CoordinatorNotAvailable, outcome.error().detail);
}

}  // namespace

env::Task<Result<void>> make_offsets_topic(Call& call) {
  const config::BrokerOptions& options = call.options();
  cluster::NewTopic topic{
      .name = cluster::kOffsetsTopic,
      .partitions = options.offsets_partitions,
      .replication_factor = options.offsets_replication_factor,
      .assignments = {},
      .configs = {{"cleanup.policy", "compact"},
                  {"compression.type", "producer"},
                  {"segment.bytes", std::to_string(options.offsets_segment_bytes)}}};
  Result<void> made = co_await make(call, std::move(topic));
  co_return made;
}

// Not compacted: updates have keys of their own and add up, until a snapshot stands for them.
env::Task<Result<void>> make_share_state_topic(Call& call) {
  const config::BrokerOptions& options = call.options();
  cluster::NewTopic topic{
      .name = cluster::kShareStateTopic,
      .partitions = options.share_state_partitions,
      .replication_factor = options.share_state_replication_factor,
      .assignments = {},
      .configs = {{"cleanup.policy", "delete"},
                  {"retention.ms", "-1"},
                  {"compression.type", "producer"},
                  {"segment.bytes", std::to_string(options.share_state_segment_bytes)}}};
  Result<void> made = co_await make(call, std::move(topic));
  co_return made;
}

env::Task<Result<void>> make_transactions_topic(Call& call) {
  const config::TransactionOptions& options = call.options().transactions;
  cluster::NewTopic topic{
      .name = cluster::kTransactionsTopic,
      .partitions = options.state_partitions,
      .replication_factor = options.state_replication_factor,
      .assignments = {},
      .configs = {{"cleanup.policy", "compact"},
                  {"compression.type", "uncompressed"},
                  {"min.insync.replicas", std::to_string(options.state_min_isr)},
                  {"unclean.leader.election.enable", "false"},
                  {"segment.bytes", std::to_string(options.state_segment_bytes)}}};
  Result<void> made = co_await make(call, std::move(topic));
  co_return made;
}

}  // namespace broker
