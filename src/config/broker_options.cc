#include "config/broker_options.h"

#include "config/group_options.h"
#include "config/log_options.h"
#include "config/metadata_options.h"
#include "config/network_options.h"
#include "config/reader.h"
#include "config/transaction_options.h"

namespace config {
namespace {

void read_node(BrokerOptions& to, const Reader& read) {
  to.node_id = BrokerId(read.whole<std::int32_t>(node_id));
  to.rack = read.text(broker_rack);
  to.data_dir = read.text(log_dirs);
  to.listener = without_protocol(read.text(listeners));
  to.advertised_listener = without_protocol(read.text(advertised_listeners));
  to.http_listener = read.text(thalweg_http_listener);
  to.shards = read.whole<int>(thalweg_shards);
  to.requests_memory = read.whole<std::int64_t>(thalweg_memory_requests_bytes);
  to.log_level = read.text(thalweg_log_level);
  to.log_format = read.text(thalweg_log_format);
}

void read_network(BrokerOptions& to, const Reader& read) {
  to.max_request_bytes = read.whole<std::int32_t>(socket_request_max_bytes);
  to.max_requests_per_connection = read.whole<std::int32_t>(thalweg_connection_max_requests);
  to.max_connections = read.whole<std::int32_t>(max_connections);
  to.max_connections_per_address = read.whole<std::int32_t>(max_connections_per_ip);
  to.max_idle = read.millis(connections_max_idle_ms);
  to.max_fetch_bytes = read.whole<std::int32_t>(fetch_max_bytes);
  to.fetch_session_slots = read.whole<std::int32_t>(fetch_session_slots);
}

void read_logs(BrokerOptions& to, const Reader& read) {
  to.retention_check_interval = read.millis(log_retention_check_interval_ms);
  to.recovery_point_interval = read.millis(log_flush_offset_checkpoint_interval_ms);
  to.producer_id_expiration = read.millis(producer_id_expiration_ms);
  to.producer_id_expiration_check_interval = read.millis(producer_id_expiration_check_interval_ms);
}

void read_metadata(BrokerOptions& to, const Reader& read) {
  to.auto_create_topics = read.yes(auto_create_topics_enable);
  to.delete_topics = read.yes(delete_topic_enable);
  to.default_partitions = read.whole<std::int32_t>(num_partitions);
  to.default_replication_factor = read.whole<std::int16_t>(default_replication_factor);
  to.metadata_segment_bytes = read.whole<std::int32_t>(metadata_log_segment_bytes);
  to.metadata_bytes_between_snapshots =
      read.whole<std::int64_t>(metadata_log_max_record_bytes_between_snapshots);
  to.metadata_snapshot_interval = read.millis(metadata_log_max_snapshot_interval_ms);
}

void read_groups(BrokerOptions& to, const Reader& read) {
  to.offsets_partitions = read.whole<std::int32_t>(offsets_topic_num_partitions);
  to.offsets_replication_factor = read.whole<std::int16_t>(offsets_topic_replication_factor);
  to.offsets_segment_bytes = read.whole<std::int32_t>(offsets_topic_segment_bytes);
  to.offsets_retention = std::chrono::minutes(read.whole<std::int64_t>(offsets_retention_minutes));
  to.offsets_retention_check_interval = read.millis(offsets_retention_check_interval_ms);
  to.max_offset_metadata_bytes = read.whole<std::int32_t>(offset_metadata_max_bytes);
  to.min_session_timeout = read.millis(group_min_session_timeout_ms);
  to.max_session_timeout = read.millis(group_max_session_timeout_ms);
  to.initial_rebalance_delay = read.millis(group_initial_rebalance_delay_ms);
  to.max_group_size = read.whole<std::int32_t>(group_max_size);
  to.consumer_session_timeout = read.millis(group_consumer_session_timeout_ms);
  to.consumer_heartbeat_interval = read.millis(group_consumer_heartbeat_interval_ms);
  to.max_consumer_group_size = read.whole<std::int32_t>(group_consumer_max_size);
  to.consumer_assignors = read.list(group_consumer_assignors);
  to.consumer_regex_refresh = read.millis(group_consumer_regex_refresh_interval_ms);
  to.consumer_migration_policy = read.text(group_consumer_migration_policy);
  to.min_consumer_session_timeout = read.millis(group_consumer_min_session_timeout_ms);
  to.max_consumer_session_timeout = read.millis(group_consumer_max_session_timeout_ms);
  to.min_consumer_heartbeat_interval = read.millis(group_consumer_min_heartbeat_interval_ms);
  to.max_consumer_heartbeat_interval = read.millis(group_consumer_max_heartbeat_interval_ms);
}

void read_share_groups(BrokerOptions& to, const Reader& read) {
  to.share_session_timeout = read.millis(group_share_session_timeout_ms);
  to.share_heartbeat_interval = read.millis(group_share_heartbeat_interval_ms);
  to.min_share_session_timeout = read.millis(group_share_min_session_timeout_ms);
  to.max_share_session_timeout = read.millis(group_share_max_session_timeout_ms);
  to.min_share_heartbeat_interval = read.millis(group_share_min_heartbeat_interval_ms);
  to.max_share_heartbeat_interval = read.millis(group_share_max_heartbeat_interval_ms);
  to.max_share_group_size = read.whole<std::int32_t>(group_share_max_size);
  to.share_delivery_limit = read.whole<std::int16_t>(group_share_delivery_count_limit);
  to.share_record_lock = read.millis(group_share_record_lock_duration_ms);
  to.min_share_record_lock = read.millis(group_share_min_record_lock_duration_ms);
  to.max_share_record_lock = read.millis(group_share_max_record_lock_duration_ms);
  to.share_partition_locks = read.whole<std::int32_t>(group_share_partition_max_record_locks);
  to.share_sessions = read.whole<std::int32_t>(group_share_max_share_sessions);
  to.share_state_partitions =
      read.whole<std::int32_t>(share_coordinator_state_topic_num_partitions);
  to.share_state_replication_factor =
      read.whole<std::int16_t>(share_coordinator_state_topic_replication_factor);
  to.share_state_segment_bytes =
      read.whole<std::int32_t>(share_coordinator_state_topic_segment_bytes);
  to.share_updates_per_snapshot =
      read.whole<std::int32_t>(share_coordinator_snapshot_update_records_per_snapshot);
  to.share_prune_interval = read.millis(share_coordinator_state_topic_prune_interval_ms);
  to.group_timeline_events = read.whole<std::int32_t>(group_timeline_events);
  to.group_timeline_bytes = read.whole<std::int64_t>(group_timeline_bytes);
  to.group_metrics_limit = read.whole<std::int32_t>(group_metrics_limit);
  to.group_lag_interval = read.millis(group_lag_interval_ms);
}

void read_transactions(TransactionOptions& to, const Reader& read) {
  to.state_partitions = read.whole<std::int32_t>(transaction_state_log_num_partitions);
  to.state_replication_factor = read.whole<std::int16_t>(transaction_state_log_replication_factor);
  to.state_segment_bytes = read.whole<std::int32_t>(transaction_state_log_segment_bytes);
  to.state_min_isr = read.whole<std::int32_t>(transaction_state_log_min_isr);
  to.max_timeout = read.millis(transaction_max_timeout_ms);
  to.id_expiration = read.millis(transactional_id_expiration_ms);
  to.timeout_check_interval =
      read.millis(transaction_abort_timed_out_transaction_cleanup_interval_ms);
  to.expiration_check_interval =
      read.millis(transaction_remove_expired_transaction_cleanup_interval_ms);
  to.verify_partitions = read.yes(transaction_partition_verification_enable);
}

}  // namespace

std::string without_protocol(std::string_view listener) {
  constexpr std::string_view kPlain = "PLAINTEXT://";
  if (listener.starts_with(kPlain)) listener.remove_prefix(kPlain.size());
  return std::string(listener);
}

BrokerOptions broker_options(const Layers& layers) {
  Layers of_broker = layers;
  of_broker.topic = nullptr;
  const Reader read(of_broker);
  BrokerOptions options{};
  read_node(options, read);
  read_network(options, read);
  read_logs(options, read);
  read_metadata(options, read);
  read_groups(options, read);
  read_share_groups(options, read);
  read_transactions(options.transactions, read);
  return options;
}

}  // namespace config
