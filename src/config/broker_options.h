// What a broker needs to know of its configuration, as plain values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "config/layers.h"

namespace config {

struct TransactionOptions {
  std::int32_t state_partitions;
  std::int16_t state_replication_factor;
  std::int32_t state_segment_bytes;
  std::int32_t state_min_isr;
  Millis max_timeout;
  Millis id_expiration;
  Millis timeout_check_interval;
  Millis expiration_check_interval;
  bool verify_partitions;

  bool operator==(const TransactionOptions&) const = default;
};

struct BrokerOptions {
  BrokerId node_id;
  std::string rack;  // Empty: none.
  std::string data_dir;
  std::string listener;             // HOST:PORT of the Kafka protocol.
  std::string advertised_listener;  // HOST:PORT that clients are told; empty: the listener's.
  std::string http_listener;

  int shards;  // 0: one for each core.
  std::int64_t requests_memory;
  std::string log_level;
  std::string log_format;

  std::int32_t max_request_bytes;
  std::int32_t max_requests_per_connection;
  std::int32_t max_connections;
  std::int32_t max_connections_per_address;
  Millis max_idle;
  std::int32_t max_fetch_bytes;
  std::int32_t fetch_session_slots;

  bool auto_create_topics;
  bool delete_topics;
  std::int32_t default_partitions;
  std::int16_t default_replication_factor;

  Millis retention_check_interval;
  Millis recovery_point_interval;
  Millis producer_id_expiration;
  Millis producer_id_expiration_check_interval;

  std::int32_t offsets_partitions;
  std::int16_t offsets_replication_factor;
  std::int32_t offsets_segment_bytes;
  Millis offsets_retention;
  Millis offsets_retention_check_interval;
  std::int32_t max_offset_metadata_bytes;
  Millis min_session_timeout;
  Millis max_session_timeout;
  Millis initial_rebalance_delay;
  std::int32_t max_group_size;
  Millis consumer_session_timeout;
  Millis consumer_heartbeat_interval;
  std::int32_t max_consumer_group_size;
  std::vector<std::string> consumer_assignors;
  Millis consumer_regex_refresh;
  std::string consumer_migration_policy;
  Millis min_consumer_session_timeout;
  Millis max_consumer_session_timeout;
  Millis min_consumer_heartbeat_interval;
  Millis max_consumer_heartbeat_interval;

  Millis share_session_timeout;
  Millis share_heartbeat_interval;
  Millis min_share_session_timeout;
  Millis max_share_session_timeout;
  Millis min_share_heartbeat_interval;
  Millis max_share_heartbeat_interval;
  std::int32_t max_share_group_size;
  std::int16_t share_delivery_limit;
  Millis share_record_lock;
  Millis min_share_record_lock;
  Millis max_share_record_lock;
  std::int32_t share_partition_locks;
  std::int32_t share_sessions;
  std::int32_t share_state_partitions;
  std::int16_t share_state_replication_factor;
  std::int32_t share_state_segment_bytes;
  std::int32_t share_updates_per_snapshot;
  Millis share_prune_interval;
  std::int32_t group_timeline_events;
  std::int64_t group_timeline_bytes;
  std::int32_t group_metrics_limit;
  Millis group_lag_interval;

  TransactionOptions transactions;

  std::int32_t metadata_segment_bytes;
  std::int64_t metadata_bytes_between_snapshots;
  Millis metadata_snapshot_interval;

  bool operator==(const BrokerOptions&) const = default;
};

BrokerOptions broker_options(const Layers& layers);

// "HOST:PORT" of "PLAINTEXT://HOST:PORT". What has no protocol in front stays as it is.
std::string without_protocol(std::string_view listener);

}  // namespace config
