// Options of transactions and their coordinator.
#pragma once
#include "config/log_options.h"

namespace config {

inline constexpr Option transaction_state_log_num_partitions{
    .name = "transaction.state.log.num.partitions",
    .fallback = "50",
    .least = 1,
    .most = 10'000,
    .hostile = {"1", "3"},
    .doc =
        "How many partitions __transaction_state is made with. Which one keeps a transactional id "
        "follows from this number, so it counts only when the topic is made.",
};
inline constexpr Option transaction_state_log_replication_factor{
    .name = "transaction.state.log.replication.factor",
    .type = Type::Short,
    .fallback = "1",
    .least = 1,
    .most = 32'767,
    .doc =
        "How many replicas __transaction_state is made with. Apache Kafka's default is 3; one node "
        "holds one.",
};
inline constexpr Option transaction_state_log_segment_bytes{
    .name = "transaction.state.log.segment.bytes",
    .unit = Unit::Bytes,
    .fallback = "104857600",
    .least = 1'048'576,
    .most = kMostInt,
    .hostile = {"1048576"},
    .doc = "segment.bytes of __transaction_state.",
};
inline constexpr Option transaction_state_log_min_isr{
    .name = "transaction.state.log.min.isr",
    .fallback = "1",
    .least = 1,
    .most = kMostInt,
    .doc =
        "min.insync.replicas of __transaction_state. Apache Kafka's default is 2; one node holds "
        "one.",
};
inline constexpr Option transaction_max_timeout_ms{
    .name = "transaction.max.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "900000",
    .least = 1,
    .most = kMostInt,
    .doc =
        "The longest that a producer may ask for its transactions to last. Readers of what is "
        "committed wait that long for a producer that died.",
};
inline constexpr Option transactional_id_expiration_ms{
    .name = "transactional.id.expiration.ms",
    .unit = Unit::Millis,
    .fallback = "604800000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"1"},
    .doc =
        "For how long a transactional id is remembered after its last transaction has ended. A "
        "producer that comes back later begins under a new producer id.",
};
inline constexpr Option transaction_abort_timed_out_transaction_cleanup_interval_ms{
    .name = "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    .unit = Unit::Millis,
    .fallback = "10000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"100"},
    .doc = "How often transactions that take too long are looked for, to be aborted.",
};
inline constexpr Option transaction_remove_expired_transaction_cleanup_interval_ms{
    .name = "transaction.remove.expired.transaction.cleanup.interval.ms",
    .unit = Unit::Millis,
    .fallback = "3600000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"100"},
    .doc = "How often transactional ids are looked at for those that may be forgotten.",
};
inline constexpr Option transaction_partition_verification_enable{
    .name = "transaction.partition.verification.enable",
    .type = Type::Bool,
    .fallback = "true",
    .doc =
        "Whether a transaction's coordinator is asked before a transaction begins on a partition. "
        "Without it a producer that comes too late leaves a transaction open that nobody ends, and "
        "readers of what is committed stand still there (thalweg txn hanging finds them). Concerns "
        "producers of the first transaction protocol only: those of Kafka 4.0 and later have each "
        "partition taken in by its coordinator in any case.",
};

inline constexpr std::array kTransactionOptions{
    &transaction_state_log_num_partitions,
    &transaction_state_log_replication_factor,
    &transaction_state_log_segment_bytes,
    &transaction_state_log_min_isr,
    &transaction_max_timeout_ms,
    &transactional_id_expiration_ms,
    &transaction_abort_timed_out_transaction_cleanup_interval_ms,
    &transaction_remove_expired_transaction_cleanup_interval_ms,
    &transaction_partition_verification_enable,
};

}  // namespace config
